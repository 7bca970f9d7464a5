# What the pages say, in English. The keys of codes of closed lists (hold-…, lapse-…) are missing here: the program says them
# in English itself.

## Ways

nav-skip = To the content
nav-pages = Pages
nav-now = Now
nav-reasons = What employees read
nav-preferences = Language and time
nav-sign-out = Sign out { $name }

## Pages that are none

page-home = What is going on now
page-not-now = Not now
page-unwritable = The trail cannot be written, and nothing is shown that cannot be recorded. Come again later.
page-none = There is no such page
page-none-text = Nothing is here, or nothing that you may see.
page-forbidden = Your role does not include this
page-forbidden-text = Somebody with another role can show it to you.
page-foreign = Nothing was done
page-foreign-text = This did not come from a page of your session. Go back, load the page again, and try once more.
page-refused = Nothing was done
page-back = Back

## Why nothing was done

refused-no-reason = A reason has to say something, in at most 500 characters, on one line.
refused-unknown = There is no such incident, source, rule or tripped breaker.
refused-wrong-state = The incident's state does not allow this. It may have changed since the page was loaded.
refused-own-account = Nobody decides about what is done to themselves.
refused-own-request = Somebody else than who asked for it has to say so.
refused-own-rule = Somebody else than the rule's author and owner has to say so.
refused-unknown-approver = It is not known which account you have, so the plan may be about yourself. An administrator can enter your account.
refused-whose-unknown = Nobody can tell whose account this is, so it may be yours. Somebody without an account in the organization decides.
refused-other-plan = The plan has changed since the page was loaded. Read it again.
refused-no-breaker = A breaker trips for one source or one rule.
refused-unavailable = Nothing can be decided now. Come again later.

## Preferences

preferences-title = Language and time
preferences-language = Language
preferences-zone = Time zone
preferences-zone-hint = A name such as Asia/Shanghai or Europe/Berlin. Times are shown in this zone, and in UTC when pointed at.
preferences-zone-unknown = There is no time zone of this name.
preferences-save = Save

## Signing in

sign-in-title = Sign in
sign-in-token = Token
sign-in-token-hint = The one you were given. It is not kept in the browser.
sign-in-button = Sign in
sign-in-oidc = Sign in with { $name }
sign-in-or = Or with a token:
sign-in-oidc-refused = The sign-in was refused. Begin again; if that does not help, whoever runs this server finds the cause in its log.
sign-in-oidc-unavailable = The identity provider cannot be asked now. Come again later.
sign-in-oidc-no-role = You have shown who you are, but nobody has given you a role here.
sign-in-refused = That is no token that may sign in.
sign-in-again-title = Show once more that it is you
sign-in-again-text = What you are about to do cannot be taken back by anybody else unnoticed. Sign in once more; for { $minutes } minutes after that you are not asked again.
sign-in-first-title = The first sign-in
sign-in-first-text = This link makes you an administrator for this session, once. Give yourself and others tokens then.
sign-in-first-over = This link is over, or none.

## Now

now-title = Now
now-dry-run = A dry run.
now-dry-run-text = Matching alerts are planned for, nothing is done to any account, and nobody is told.
now-run = Actions run.
now-run-text = Matching alerts are acted on.
now-pause = Pause all actions
now-resume = Let actions run again
now-release-breaker = Release the breaker
now-contained = Contained now
now-waiting = Waiting for a human
now-under-way = Under way
now-records = Records on the trail
now-as-of = As of { $time }.
now-root = Root of the trail: { $root }.
now-signed-in = Signed in as { $name }.
now-paused-all = Actions are paused
now-paused-source = Actions for { $name } are paused
now-paused-rule = Actions of the rule { $name } are paused
now-paused = { $what } since { $since } by { $actor }: { $reason }
now-tripped-all = The breaker has tripped for everything
now-tripped-source = The breaker has tripped for { $name }
now-tripped-rule = The breaker has tripped for the rule { $name }
now-tripped = { $what } at { $since }: { $accounts } accounts were to be acted on within { $minutes } minutes. It stays tripped until somebody releases it.
none = None.
more = And { $written } more.
column-incident = Incident
column-account = Account
column-rule = Rule
column-steps = Steps
column-opened = Opened
column-why = Why
column-owner = Owner
column-read-back = Read back
column-until = Until
column-source = Source
column-how-many = How many
column-last = Last
column-days = Days
column-matches = Matches
column-accounts = Accounts
column-lacks = Until it may act
column-locale = Locale
column-text = Text
column-characters = Characters
until-plan = until { $time }, plan { $plan }
by-hand = by hand: { $name }
not-resolved = not resolved yet
next-at = next at { $time }
step-pending = not begun
step-started = under way
step-postponed = to be tried again
step-unknown = outcome unknown
step-claimed = claimed
step-verified = verified
step-failed = given up

## Containments

contained-title = Contained
contained-offered = to be given back? { $why }
contained-should = Should it be given back?
contained-unread = not yet
contained-unread-unknown = not yet: nobody knows whether it is disabled
contained-enabled-by-others = enabled by somebody else: seen { $time }
contained-others = { $count ->
    [one] also contained by 1 other
   *[other] also contained by { $written } others
}
contained-read-back = Read back { $time }.
contained-not-read-back = Not read back yet.
contained-not-read-back-unknown = Not read back yet: nobody knows whether DingTalk has disabled it.
contained-until = Until { $time }.
contained-somebody-enabled = Somebody else has enabled it: seen { $time }.
contained-owner = Owner: { $name }.
not-known = not known
undo-by-hand = until it is released
undo-under-way = is being given back
undo-held = waits for a human: { $why }
undo-given-up = could not be given back: { $code }
undo-not-ours = was disabled before, and not by us

## Alerts that are held

held-title = Alerts held without an incident
held-text = Rules wanted to act on them, and nobody was acted on. A line goes a week after its last alert.
held-record = { $alert }, record { $record }

## Incidents

incident-title = Incident { $id }
incident-waits = It waits for a human: { $why }.
incident-contained = The account is contained.
incident-under-way = Under way.
incident-closed = Closed.
incident-closed-text = Nothing is left to do.
incident-lapses = Somebody has to approve it until { $time }.
incident-failure = Failure: { $code }
incident-beyond = { $hour } in the hour up to then, of { $per-hour }; { $day } in the day, of { $per-day }.
incident-candidates = It may be any of these:
incident-account = Account: { $account }. Opened { $time }.
incident-by-hand = Asked for by hand, by { $name }.
incident-rules = Rules
incident-steps = Steps
incident-plan = Plan { $plan }.
incident-decide = What is to be done?
incident-reason = Reason
incident-reason-hint = It stands on the trail with your name.
incident-approve = Approve: let it go on
incident-dismiss = Dismiss: do nothing
incident-release = Release: give the account back
incident-false-alarm = It was a false alarm: the account should not have been contained.
incident-again = You are asked first to show once more that it is you.
told-sign-out = the employee reads { $code }, the log says: { $reason }
told-again = once more, after the disable
told-disable-for = for { $time }, the log says: { $reason }
told-disable = until somebody gives it back, the log says: { $reason }
told-enable = { $time } after the disable
told-dingtalk-id = to { $id }, which nothing undoes for a year
told-notify = by { $channel }
lasting-days = { $count ->
    [one] 1 day
   *[other] { $written } days
}
lasting-hours = { $count ->
    [one] 1 hour
   *[other] { $written } hours
}
lasting-minutes = { $count ->
    [one] 1 minute
   *[other] { $written } minutes
}
lasting-seconds = { $count ->
    [one] 1 second
   *[other] { $written } seconds
}

## Rules

rules-title = Rules
rules-refused = The rules folder is refused
rules-refused-text = { $what } since { $since }: { $problems } problems. The rules from { $loaded } stay in force.
rules-in-force = { $rules } rules since { $since }, set { $set }
rules-commit = commit { $commit }
rules-signed = signed by { $signer }
rules-unpromoted = { $written } act without a promotion on the trail.
rules-reasons = What employees read, in every language.
rules-watching = Rules that only watch
rules-never = never
rules-nothing-missing = nothing is missing
lack-days = it has watched for { $is } days as it is now, of { $wanted }
lack-matches = it has matched { $is } alerts, of { $wanted }
lack-held = { $count } of its matches would have been held for a human
lack-disputed = responders say of { $count } of its matches that they are wrong

## Reasons

reasons-title = What employees read
reasons-text = DingTalk shows one of these texts to whoever is signed out, in the language of their client. The contact is that of { $file }, incident { $incident } is made up, and the time is now, { $time }.
reasons-nav = Reasons
reasons-none = There are no reasons.
reasons-wording = Wording { $digest }, as on the trail.
reasons-length = { $is } of { $max }
reasons-zone = time of { $zone }
