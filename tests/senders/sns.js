// Signs messages of Amazon SNS as its documentation says, and judges messages with Amazon's own validator: a list of
// cases in, a list of outcomes out. The validator's fetch of the certificate is answered from the case.
"use strict";

const { createSign } = require("node:crypto");
const { EventEmitter } = require("node:events");
const { readFileSync } = require("node:fs");
const https = require("node:https");
const { promisify } = require("node:util");

// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
const OF_NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const OF_CONFIRMATION = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
const ALGORITHMS = { 1: "RSA-SHA1", 2: "RSA-SHA256" };

function sign({ message, key }) {
  const names = message.Type === "Notification" ? OF_NOTIFICATION : OF_CONFIRMATION;
  const signer = createSign(ALGORITHMS[message.SignatureVersion]);
  names.filter((name) => name in message).forEach((name) => signer.update(`${name}\n${message[name]}\n`));
  return signer.sign(key, "base64");
}

// Nothing, or the error's words: also one that the validator did not mean to throw refuses.
async function judge({ text, certificate }) {
  https.get = (_url, answered) => {
    const answer = Object.assign(new EventEmitter(), { statusCode: 200 });
    setImmediate(() => {
      answered(answer);
      answer.emit("data", Buffer.from(certificate));
      answer.emit("end");
    });
    return new EventEmitter();
  };
  try {
    // A new one for each case: it keeps certificates by their address for ever.
    delete require.cache[require.resolve("sns-validator")];
    const validator = new (require("sns-validator"))();
    await promisify(validator.validate.bind(validator))(text);
    return null;
  } catch (error) {
    return error.message;
  }
}

async function main() {
  const outcomes = [];
  for (const one of JSON.parse(readFileSync(0, "utf8"))) {
    outcomes.push(one.do === "sign" ? sign(one) : await judge(one));
  }
  process.stdout.write(JSON.stringify(outcomes));
}

main();
