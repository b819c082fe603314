import { useQuery, useQueryClient } from '@tanstack/react-query';
import { shopAddress } from '../api/client.ts';
import { profileQuery } from '../api/shop-queries.ts';
import type { Profile } from '../api/shop-types.ts';
import type { User } from '../api/types.ts';
import { Failure, sayShopFailure } from '../ui/notice.tsx';
import { PictureUpload } from '../ui/picture-upload.tsx';
import { Frame, OwnFrame } from '../view/frame.tsx';
import { EraseAccount } from './erase-account.tsx';
import { LoyaltyPanel } from './loyalty-panel.tsx';
import { ProfileForm } from './profile-form.tsx';
import './profile.css';

/** Who somebody is to the shop. */
export function ProfilePage() {
  return (
    <OwnFrame title="Profile" why="Log in to see your profile.">
      {(user) => <OwnProfile user={user} />}
    </OwnFrame>
  );
}

function OwnProfile({ user }: { user: User }) {
  const { data: profile, error, refetch, isPending } = useQuery(profileQuery);
  return (
    <Frame title="Profile" isBusy={isPending}>
      {error && profile === undefined && (
        <div className="card">
          <Failure error={error} say={sayShopFailure} onRetry={() => void refetch()} />
        </div>
      )}
      {isPending && <span className="skeleton profile-skeleton" />}
      {profile === null && (
        <section className="card card-body profile-narrow" aria-label="Register">
          <h2>Register</h2>
          <p className="profile-soft">You collect points with each order, and get news of them by e-mail.</p>
          <ProfileForm user={user} />
        </section>
      )}
      {profile && (
        <div className="profile-columns">
          <section className="card card-body" aria-label="About you">
            <h2>About you</h2>
            <Avatar profile={profile} />
            <ProfileForm user={user} profile={profile} />
          </section>
          <LoyaltyPanel />
          <EraseAccount email={profile.email} />
        </div>
      )}
    </Frame>
  );
}

const avatarHint = 'PNG, JPEG or WebP, at most 2 MB.';
const refusals: Record<string, string> = {
  'wrong-type': 'it is no PNG, JPEG or WebP, whatever its name says',
  'too-large': 'it is too large',
  'too-many-pixels': 'it has too many pixels',
  unreadable: 'it is broken',
  gone: 'it did not arrive',
};

function Avatar({ profile }: { profile: Profile }) {
  const client = useQueryClient();
  const { avatar, avatarUrl, name } = profile;
  return (
    <div className="avatar">
      {avatarUrl ? (
        <img className="avatar-picture" src={avatarUrl} alt={`${name}, as others see you`} width={72} height={72} />
      ) : (
        <span className="avatar-picture" aria-hidden="true">
          {name.slice(0, 1).toUpperCase()}
        </span>
      )}
      <div>
        <PictureUpload
          label={avatarUrl ? 'Change the picture' : 'Choose a picture'}
          address={shopAddress('/users/me/avatar')}
          hint={avatarHint}
          sent={avatar.state === 'ready' ? 'This is your picture now.' : ''}
          onSent={() => void client.invalidateQueries({ queryKey: profileQuery.queryKey })}
        />
        <p role="status" className={avatar.state === 'refused' ? 'form-fault' : 'profile-soft'}>
          {avatar.state === 'waiting' && 'The picture is being looked at…'}
          {avatar.state === 'refused' &&
            `The picture was refused: ${refusals[avatar.reason ?? ''] ?? 'it cannot be used'}. Try another one.`}
        </p>
      </div>
    </div>
  );
}
