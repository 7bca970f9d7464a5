// Signs and judges deliveries with the official JavaScript libraries: a list of cases in, a list of outcomes out.
"use strict";

const { readFileSync } = require("node:fs");
const standardwebhooks = require("standardwebhooks");
const svix = require("svix");

// Each with the beginning of its headers' names.
const LIBRARIES = {
  standardwebhooks: [standardwebhooks.Webhook, "webhook"],
  svix: [svix.Webhook, "svix"],
};

function outcome(one) {
  const [Library, prefix] = LIBRARIES[one.package];
  const body = Buffer.from(one.body, "base64");
  return one.do === "sign" ? sign(one, Library, prefix, body) : verify(one, Library, body);
}

// The headers, with a signature for each secret.
function sign(one, Library, prefix, body) {
  const sent = new Date(one.time * 1000);
  const signatures = one.secrets.map((secret) => new Library(secret).sign(one.id, sent, body.toString()));
  return [
    [`${prefix}-id`, one.id],
    [`${prefix}-timestamp`, `${one.time}`],
    [`${prefix}-signature`, signatures.join(" ")],
  ];
}

// Nothing, or the name of the error: also one that the library did not mean to throw refuses.
function verify(one, Library, body) {
  try {
    new Library(one.secret).verify(body, Object.fromEntries(one.headers));
    return null;
  } catch (error) {
    return error.name;
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(outcome)));
