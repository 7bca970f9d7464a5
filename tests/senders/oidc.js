// A real OpenID Connect provider for tests/it/oidc.rs: prints its issuer, and runs until its standard input ends.
// Whoever types a name and any password is that person; their groups are those named here.
'use strict';

const http = require('node:http');
const path = require('node:path');

const GROUPS = { li: ['staff', 'soc'], wang: ['audit'], stranger: ['staff'], doctor: ['soc'], responder: ['soc'] };

async function main() {
  const library = path.join(process.env.NODE_PATH, 'oidc-provider', 'lib', 'index.js');
  const { Provider } = await import(library);
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const [redirect, secret] = process.argv.slice(2);
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'portcullis',
      client_secret: secret,
      redirect_uris: [redirect],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    }],
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups', 'employee'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: id, groups: GROUPS[id] ?? [], employee: `${id}01` }),
    }),
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ['test-only'] },
  });
  server.on('request', provider.callback());
  process.stdin.on('end', () => process.exit(0)).resume();
  console.log(issuer);
}

main();
