-- People who were forgotten a moment ago. An order of theirs that was being placed just then is not there yet: it is looked for
-- a minute later, and then the row goes.
create table forgotten_person (
  user_id uuid not null,
  forgotten_at timestamptz not null,
  constraint forgotten_person_pkey primary key (user_id)
);
