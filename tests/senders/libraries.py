"""Signs and judges deliveries with the official Python libraries: a list of cases in, a list of outcomes out."""

import base64
import json
import sys
from datetime import datetime, timezone

import standardwebhooks
import svix.webhooks

# Each with the beginning of its headers' names.
LIBRARIES = {
    "standardwebhooks": (standardwebhooks.Webhook, "webhook"),
    "svix": (svix.webhooks.Webhook, "svix"),
}


def outcome(case):
    library, prefix = LIBRARIES[case["package"]]
    body = base64.b64decode(case["body"])
    return (sign if case["do"] == "sign" else verify)(case, library, prefix, body)


def sign(case, library, prefix, body):
    """The headers, with a signature for each secret."""
    sent = datetime.fromtimestamp(case["time"], tz=timezone.utc)
    signatures = [library(secret).sign(case["id"], sent, body.decode()) for secret in case["secrets"]]
    return [
        [f"{prefix}-id", case["id"]],
        [f"{prefix}-timestamp", str(case["time"])],
        [f"{prefix}-signature", " ".join(signatures)],
    ]


def verify(case, library, _prefix, body):
    """Nothing, or the name of the exception: also one that the library did not mean to raise refuses."""
    try:
        library(case["secret"]).verify(body, dict(case["headers"]))
    except Exception as error:
        return type(error).__name__
    return None


json.dump([outcome(case) for case in json.load(sys.stdin)], sys.stdout)
