/** Who works on this machine, and a first site, so that the page is not a dead end. Both have fixed ids: scripts may name them. */
export const developer = {
  sub: '00000000-0000-7000-8000-000000000001',
  name: 'Local Developer',
  email: 'developer@localhost.example',
};

export const firstSite = {
  id: '00000000-0000-7000-8000-00000000000a',
  name: 'My site',
  domain: 'localhost',
  timeZone: 'UTC',
};
