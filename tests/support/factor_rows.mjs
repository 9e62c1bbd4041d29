// What the tests that walk every call need of those about the second factor and one's sessions.

import { ids, signIn } from './records_world.mjs';
import { codeOf } from './totp.mjs';

const login = 'bruno@exemple.fr';

/** Cases of audit_test: each is ready to be made, and may be refused before it is done. */
export function factorCalls(world, api) {
  const bruno = () => signIn(api(), login);
  const fresh = () => world().sql(`update account_factor set last_step = 0 where account_id = (select id from account where login = '${login}')`);
  const sending = (path, body = {}) => async () => { const browser = await bruno(); return () => browser.post(path, body); };
  const giving = (rest = {}) => { fresh(); return { code: codeOf(world().secrets.get(login)), ...rest }; };
  return {
    'POST /api/sign-out': sending('/api/sign-out'),
    'POST /api/me/sessions/{}/revoke': async () => {
      const [one, browser] = [await bruno(), await bruno()];
      const { id } = (await browser.get('/api/me/sessions')).body.find((s) => !s.here);
      return () => (void one, browser.post(`/api/me/sessions/${id}/revoke`));
    },
    'POST /api/me/sign-out-everywhere': sending('/api/me/sign-out-everywhere'),
    'POST /api/me/factor/code': async () => { const browser = await bruno(), body = giving(); return () => browser.post('/api/me/factor/code', body); },
    'POST /api/me/factor/enrol': sending('/api/me/factor/enrol'),
    'POST /api/me/factor/confirm': async () => {
      const browser = await bruno(), { secret } = (await browser.post('/api/me/factor/enrol')).body, code = codeOf(secret);
      return async () => {
        const answer = await browser.post('/api/me/factor/confirm', { code });
        if (answer.status === 200) world().secrets.set(login, secret);
        return answer;
      };
    },
    'POST /api/me/factor/recovery-codes': sending('/api/me/factor/recovery-codes'),
    'POST /api/me/devices/{}/forget': async () => {
      const browser = await bruno();
      await browser.post('/api/me/factor/code', giving({ remember: true }));
      const [{ id }] = (await browser.get('/api/me/factor')).body.devices;
      return () => browser.post(`/api/me/devices/${id}/forget`);
    },
    'POST /api/structures/{}/people/{}/reset-factor': async () => {
      await bruno();
      const anne = await signIn(api(), 'anne@exemple.fr');
      return () => anne.post(`/api/structures/${ids.clisson}/people/${ids.bruno}/reset-factor`);
    },
  };
}
export const factorUnaudited = ['GET /api/me/factor'];

/** Rows of fields_test. */
export const factorFields = [
  ['POST /api/me/factor/code', null, { code: '000000' }, [], [['code', 20]], { passes: 401 }],
  ['POST /api/me/factor/enrol', null, {}],
  ['POST /api/me/factor/confirm', null, { code: '000000' }, [], [['code', 20]], { passes: 409 }],
  ['POST /api/me/factor/recovery-codes', null, {}],
  ['POST /api/me/devices/{}/forget', () => '00000000-0000-4000-8000-000000000000', {}, [], [], { passes: 404 }],
  ['POST /api/structures/{}/people/{}/reset-factor', () => ids.clisson, {}, [], [], { passes: 404 }],
];
