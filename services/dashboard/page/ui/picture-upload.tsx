import { useMutation } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { pictureTypes, uploadPicture } from '../api/upload.ts';
import { Icon } from './icon.tsx';
import { sayShopFailure } from './notice.tsx';
import './picture-upload.css';

interface PictureUploadProps {
  label: string;
  /** Who signs the upload. */
  address: string;
  hint: string;
  /** Said once the picture is there. */
  sent: string;
  onSent(): void;
}

/** Chooses a picture and sends it; says how far it is, and why it was not taken. */
export function PictureUpload({ label, address, hint, sent, onSent }: PictureUploadProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [share, setShare] = useState(0);
  const upload = useMutation({
    mutationFn: (file: File) => uploadPicture(address, file, setShare),
    onMutate: () => setShare(0),
    onSuccess: onSent,
  });
  return (
    <div className="picture-upload">
      <input
        ref={input}
        id={id}
        className="unseen"
        type="file"
        accept={pictureTypes.join(',')}
        disabled={upload.isPending}
        aria-describedby={`${id}-words`}
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          // The same file may be chosen again.
          event.target.value = '';
          if (file) upload.mutate(file);
        }}
      />
      <label htmlFor={id} className="button">
        <Icon name="picture" />
        {label}
      </label>
      <div id={`${id}-words`} role="status">
        {upload.isPending && (
          <>
            <progress aria-label="Upload" max={1} value={share} /> {Math.round(share * 100)}%
          </>
        )}
        {upload.error && <p className="form-fault">{sayShopFailure(upload.error)}</p>}
        {!upload.isPending && !upload.error && <p>{upload.isSuccess ? sent : hint}</p>}
      </div>
    </div>
  );
}
