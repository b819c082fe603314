-- Attempts in a row of which nobody heard how they ended: the process died, perhaps of this very mail.
alter table mail add column unended integer not null default 0;
