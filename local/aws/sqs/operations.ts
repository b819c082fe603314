import type { Operations } from '../service.ts';
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
} from './acknowledge.ts';
import * as manage from './manage.ts';
import { cancelMessageMoveTask, listMessageMoveTasks, startMessageMoveTask } from './moves.ts';
import { addPermission, removePermission } from './permissions.ts';
import { receiveMessage } from './receive.ts';
import type { SqsState } from './send.ts';
import { sendMessage, sendMessageBatch } from './send.ts';

/** Every operation of SQS, by the name that follows `AmazonSQS.` in X-Amz-Target. */
export const sqsOperations = (state: SqsState): Operations => ({
  AddPermission: addPermission(state),
  CancelMessageMoveTask: cancelMessageMoveTask(state),
  ChangeMessageVisibility: changeMessageVisibility(state),
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch(state),
  CreateQueue: manage.createQueue(state),
  DeleteMessage: deleteMessage(state),
  DeleteMessageBatch: deleteMessageBatch(state),
  DeleteQueue: manage.deleteQueue(state),
  GetQueueAttributes: manage.getQueueAttributes(state),
  GetQueueUrl: manage.getQueueUrl(state),
  ListDeadLetterSourceQueues: manage.listDeadLetterSourceQueues(state),
  ListMessageMoveTasks: listMessageMoveTasks(state),
  ListQueues: manage.listQueues(state),
  ListQueueTags: manage.listQueueTags(state),
  PurgeQueue: manage.purgeQueue(state),
  ReceiveMessage: receiveMessage(state),
  RemovePermission: removePermission(state),
  SendMessage: sendMessage(state),
  SendMessageBatch: sendMessageBatch(state),
  SetQueueAttributes: manage.setQueueAttributes(state),
  StartMessageMoveTask: startMessageMoveTask(state),
  TagQueue: manage.tagQueue(state),
  UntagQueue: manage.untagQueue(state),
});
