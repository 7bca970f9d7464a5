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
page-unread-text = What was sent is not what a page of ours sends.
page-back = Back

## Why nothing was done

refused-no-reason = A reason has to say something, in at most 500 characters, on one line.
refused-unknown = There is no such incident, source, rule or tripped breaker.
refused-wrong-state = The incident's state does not allow this. It may have changed since the page was loaded.
refused-not-later = It ends later than that already, and an extension never ends a containment sooner. Give more hours, counted from now.
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
sign-in-again-other = This token is good, but it is somebody else’s. Sign out first to go on as them.
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
now-run-partly = Actions run, but not all of them.
now-run-partly-text = What is said below is not acted on.
now-tried = { $name } is being tried out until { $time }: until then its alerts are only looked at, and nothing is done.
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
now-pause-this = Stop acting on its alerts
now-resume-this = Let it act again
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
incident-people = It takes { $people ->
    [one] one person
   *[other] { $people } people
} who say yes; so far { $given ->
    [0] nobody has
    [one] one has
   *[other] { $given } have
}.
incident-approved-by-you = You have approved it. Somebody else has to as well.
incident-extended = Somebody has put the end off: it is { $time }, whatever the plan says.
incident-held-again = { $name } approved this at { $time }, the guard layer was asked again, and it was held again for the reason above. As long as that is so, approving changes nothing.
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
incident-hold = Hold: do nothing more for now
incident-extend = Extend: keep it for longer
incident-extend-hours = Hours from now on, at most { $most }
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

## Filters

nav-incidents = Incidents
nav-trail = Trail
filter-text = Words
filter-account = Account, by any name
filter-user-id = User id
filter-actor = Who did it
filter-rule = Rule, by its id
filter-source = Source
filter-outcome = Outcome
filter-kind = Kind of record
filter-incident = Incident
filter-alert = Alert
filter-reason = Reason, by its code
filter-verdict = Verdict
filter-step = Step
filter-version = Version of a rule
filter-since = From
filter-until = Before
filter-status = State
filter-any = Any
filter-times = Times as 2026-11-22 (its first moment in UTC) or 2026-11-22T08:00:00Z.
filter-further = More filters
filter-search = Search
filter-clear = Clear
filter-next = Next page
filter-sparse = Nothing here yet; the next page goes on from here.
filter-wrong-form = This address cannot be read as a question.
filter-wrong-unknown = There is no filter of this name.
filter-wrong-value = “{ $name }” cannot have the value given.
filter-wrong-much = There are too many filters or words, or one is too long.
filter-wrong-cursor = This page belongs to another search. Search again.
filter-wrong-choice = One of the values is none that can be chosen.

## Lists of incidents

incidents-title = Incidents
incidents-found = Newest first
incidents-hint = An account by any name: email:a@example.com, mobile:+86-…, user_id:…, or its pseudonym. The address of this page keeps the search.
standing-held = waits for a human
standing-under-way = under way
standing-contained = contained
standing-closed = closed
outcome-done = everything was done
outcome-partly = some steps were given up
outcome-failed = no step succeeded
outcome-dismissed = dismissed

## One incident

timeline-title = What happened
timeline-read-at = The account was read at { $time }.
why-title = Why
why-matched = matched by { $names }.
why-author = Written by { $name }.
why-file = { $file }:
why-same = in force as it was then.
why-other = in force, but changed since then.
why-gone = It is not in force any more.
why-values = The trail has the names of what matched, and not the alert's values, which can be erased.
employee-title = What the employee reads
employee-code = Reason { $code }.
employee-gone = There is no such reason any more, so its text cannot be shown.
employee-other = The wording is another by now, or the sender had brought its own: what the employee read cannot be shown.
employee-now = The wording in force now
employee-locale = DingTalk chooses the language by the employee's client; which one it chose is not on the trail.
employee-all = In all languages
pack-title = Evidence
pack-link = Evidence pack
pack-text = All records of this incident with what proves them, to be checked without us. That you take it stands on the trail.

## Records

column-time = Time
column-record = Record
column-happened = What happened
column-details = Details
column-state = State
fact-actor = By
fact-reason = Reason
fact-outcome = Outcome
fact-step = Step
fact-attempt = Attempt
fact-user-id = Account
fact-source = Source
fact-alert = Alert
fact-rules = Rules
fact-incident = Incident
fact-class = Answer
fact-code = Code
fact-http = HTTP status
fact-request = Request id
class-token-refused = the access token was refused
class-throttled = throttled by the second
class-throttled-minute = throttled by the minute
class-quota-exhausted = the month's quota is used up
class-address-blocked = our address is blocked
class-operator-needed = an operator has to mend something
class-busy = DingTalk is busy or broken
class-permanent = it can never succeed as it is
class-not-sent = nothing was sent
class-unreachable = DingTalk is down
class-unknown = no answer that can be understood
class-not-in-effect = it said yes, and nothing changed
record-link = record { $seq }
record-title = Record { $seq }
record-proof = Proof
record-proof-text = Keep both files: with the log's public key they show to anybody that this record is in the log.
record-file = The record, byte for byte
record-proof-file = The proof that it is in the log
record-leaf = Its hash in the log: { $leaf }
record-json = As it is kept
page-pruned = This is not kept any more
page-pruned-text = Its time was over. The first record that is kept is { $first }.
page-unsealed = This was recorded a moment ago and is not sealed yet. Come again in a second.
page-busy = This cannot be given out now. Come again in a few seconds.

## Trail

trail-title = Trail
trail-pages = Pages of the trail
trail-search = Search
trail-reports = Reports
trail-verify = Verify
trail-person = A person
person-text = What is kept on somebody, by any name of theirs: how much, under which other names, and what still needs it. That you asked stands on the trail; the name does not.
person-kind = Kind of name
person-value = Name
person-only = Only this name, and none that belongs to the same person
person-find = Find
person-no-name = That is no name of this kind.
person-kept = What is kept
person-records = Records about them
person-beside = With something personal beside them
person-keys = Keys
person-nothing = Nothing can be read under these names: nothing was kept, or it was erased.
person-names = Names
told-asked = as you asked
told-directory = from the directory index
told-identities = from the identity map
told-trail = from the trail
person-open = These incidents still need it. It can be erased when they are over.
person-hand-out = { $command } hands all of it out.
person-erase = Erase
person-erase-text = The keys are destroyed. Nobody can read any more what lies beside these records: events, names and texts. The records and their proofs stay.
person-confirm = The name once more
person-unconfirmed = The name has to be typed once more, as it was looked for.
person-erase-for-good = Erase for good
person-erased = { $count ->
    [one] Erased: what lay beside 1 record can be read by nobody any more.
   *[other] Erased: what lay beside { $written } records can be read by nobody any more.
}
kind-email = Mail address
kind-user-id = Userid in DingTalk
kind-mobile = Mobile number
kind-job-number = Job number
kind-login-id = Login name
kind-union-id = Unionid in DingTalk
trail-hint = A kind may end with *, as step.*; an account is email:a@example.com, mobile:+86-…, user_id:…, or its pseudonym. The address of this page keeps the search. That you read stands on the trail.
trail-found = Records, newest first
export-title = Take records away
export-text = All sealed records of a time as one file. That you take them stands on the trail.
export-format = Format
export-jsonl = JSON Lines, byte for byte
export-csv = CSV, for spreadsheets
export-ocsf = OCSF, for a SIEM
export-button = Download
reports-text = Each is made of the records of a time, and the same records give the same report. That you read one stands on the trail.
reports-show = Show
reports-take = Take it away as CSV
reports-between = From { $since } until { $until }.
reports-since = From { $since } on.
reports-until = Until { $until }.
reports-all = Of all time.
reports-rows = { $count ->
    [one] 1 row.
   *[other] { $written } rows.
}
reports-cut = There are more records than one report looks at, and the oldest were left out. Choose a shorter time.
reports-columns = What the columns mean
yes = yes
no = no

## Verifying

column-anchor = Anchor
column-kept = Records kept there
column-when = When
verify-current = The log is signed, and no anchor contradicts it.
verify-kept = The log is signed, and its checkpoints are kept elsewhere. None of these anchors compares them: a rewritten log shows when somebody does.
verify-against = Last signed at { $time } over { $size } records; checkpoints were taken by { $anchors }.
verify-late = The log is signed, but an anchor has not taken a checkpoint for some time.
verify-none = The log is signed, but nothing keeps its checkpoints elsewhere: whoever has the server can rewrite it unseen.
verify-not-sealing = No checkpoint was signed lately.
verify-contradicted = An anchor says that the log was cut or rewritten.
verify-broken = What was signed is not what the trail has.
verify-checkpoint = The newest checkpoint
verify-sealed = It was signed at { $time } over { $size } records.
verify-unsealed = { $count ->
    [0] All records are under it.
    [one] 1 newer record is not under it yet.
   *[other] { $written } newer records are not under it yet.
}
verify-no-checkpoint = There is no checkpoint.
verify-anchors = Anchors
verify-anchors-text = An anchor keeps checkpoints where whoever rewrites the log does not reach. A witness refuses a checkpoint that does not follow the one it knows, and the program does not start on a trail that is behind the file; the program’s log and a webhook keep what they are given, and compare nothing.
verify-nothing-kept = none since the start
verify-ago = { $time } ago
verify-agrees = took the last one it was given
verify-is-late = has taken none for some time
verify-not-taken = has not taken the last one; it is tried again:
verify-contradicts = contradicts:
verify-yourself = Check it yourself
verify-why = This page is the server's own word. You need not take it: the log is in public formats, and other people's programs check it.
verify-step-copy = Have the log’s folder copied to a machine of yours. It has the records, their tree and the signed checkpoints; the bodies of alerts are not in it.
verify-step-key = Take the log's public key from where it was published, or as you were given it before. The one beside the log could be anybody's.
verify-step-kept = Take an older checkpoint from an anchor. Only it shows a log that was rewritten and signed anew.
verify-step-ours = With Portcullis, which needs the folder and the key alone:
verify-step-others = Without it: by Go's golang.org/x/mod/sumdb and by PyPI's pymerkle. Both small programs are in Portcullis' source, under tests/verifiers.
verify-step-one = For one record, the files from its page and the key are enough:
verify-not-shown = Portcullis names the first record, tile or checkpoint that does not fit; the others end with a fault. That an alert never arrived, or that somebody with the machine wrote something false as it happened, none of them can show.

## Rules, sources, settings
nav-rules = Rules
nav-sources = Sources
nav-settings = Settings
column-mode = Mode
column-hits = Alerts matched
column-stands = Budget, or what it lacks
column-alert = Alert
column-type = Type
column-became = What became of it
column-kind = Kind
column-assurance = Assurance
column-last-alert = Last alert
column-day = Alerts in 24 hours
column-refused = Refused
column-of = Of
column-hour = In an hour
column-day-budget = In a day
column-name = Name
column-role = Role
column-begins = Begins with
column-used = Last used
mode-detect = detects
mode-shadow = watches (shadow)
mode-enforce = acts (enforce)
rules-pages = Pages about rules
rules-now = In force
rules-versions = Versions
rules-warnings = Doubtful in the folder
budget-used = { $hour } of { $perHour } in an hour, { $day } of { $perDay } in a day
shadow-seen = As it is now it has watched since { $since } ({ $days } whole days): it matched { $matches } alerts and would have acted on { $accounts } accounts.
shadow-held = Held for a human would have been { $written } of its matches, among them:
shadow-disputed = Responders say of { $written } of its matches that they are wrong:
chart-days = Alerts matched each day: { $sum } in all, at most { $most } on one day
chart-title = The last 24 hours
chart-alerts = Alerts: { $sum }, at most { $most } in an hour
chart-matched = Alerts that rules matched: { $sum }, at most { $most } in an hour
chart-actions = Steps that succeeded: { $sum }, at most { $most } in an hour
chart-span = One bar for each hour, the first from { $first }, the last from { $last } on.
fact-rule-id = Id
fact-file = File
fact-version = Version
fact-behaviour = Behaviour
fact-author = Author
fact-level = Level
fact-tags = Tags
fact-assurance = Assurance it wants at least
fact-budget = Budget
fact-promoted = Let act by
fact-secret = Secret, and its last use
fact-proved = Proved itself last since the start
fact-last-refused = Last refusal
fact-stream = Stream
rules-backtest = What would happen
backtest-text = The rules that are in the folder now, put to the alerts of the last days, whether or not they are in force: what would come out otherwise than it did. Nothing is done to anybody. That the alerts were read stands on the trail.
backtest-days = Days to look back
backtest-begin = Put them to the test
backtest-busy = One is under way already.
backtest-last = The last time
backtest-begun = Begun by { $name } { $time }, over { $days } days.
backtest-under-way = It is under way: { $percent } % of the records are read.
backtest-look-again = Look again
backtest-failed = It came to nothing: the trail could not be read or written. The log says more.
backtest-refused = The rules of the folder cannot be loaded:
backtest-rules = Rule set { $set },
backtest-in-force = which is in force.
backtest-not-in-force = which is not in force.
backtest-same = Everything would come out as it did.
backtest-otherwise = { $count ->
    [one] 1 alert would come out otherwise.
   *[other] { $written } alerts would come out otherwise.
}
backtest-alerts = Alerts
backtest-changed = Come out otherwise
backtest-newly = Accounts newly contained
backtest-no-longer = No longer contained
backtest-both = Contained as before
backtest-held = Held
backtest-by-rule = By rule
backtest-changes = What would be otherwise
backtest-somebody-else = The same, for somebody else
backtest-erased = { $count ->
    [one] 1 alert is left out: its event was erased.
   *[other] { $written } alerts are left out: their events were erased.
}
backtest-unknown-source = { $count ->
    [one] 1 alert is left out: its source is not configured any more.
   *[other] { $written } alerts are left out: their sources are not configured any more.
}
backtest-departments = { $count ->
    [one] Of 1 containment the budgets of departments were not judged: the trail does not say in which the account is.
   *[other] Of { $written } containments the budgets of departments were not judged: the trail does not say in which the accounts are.
}
backtest-names = { $command } says whom they stand for, to whoever has the trail's keys, and compares with any commit.
column-alerts = Alerts
column-alerts-then = Alerts then
column-alerts-now = Alerts now
column-accounts-then = Accounts then
column-accounts-now = Accounts now
column-was = Was
column-would-be = Would be
column-examples = Such as
rule-seeks = What it looks for
rule-condition = It matches where { $condition }.
rule-asks = What it wants done
rule-for-good = for good
rule-for = for { $time }
rule-false-positives = What else may look like it
rule-references = To read about it
rule-try = Trying it
rule-try-text = In the folder of the rules: the first runs the rules' own tests, the second says who would newly be contained had these rules judged the past, the third shows test by test what the rule makes of an event.
rule-tests = Its own tests
rule-tests-text = They ran when these rules were loaded, and all of them passed: otherwise the rules would not be in force.
rule-no-tests = It has none.
versions-text = The rule sets that came into force, the newest first, and what each changed. The text of a version is in the repository of the rules, and its digest shows that it is.
versions-set = set { $set }
versions-by = loaded by { $name }
versions-same = Nothing in the rules changed.
versions-added = New: { $written }
versions-changed = Changed: { $written }
versions-gone = Gone: { $written }
versions-unlisted = One of the records does not list the rules, so they are not compared.
versions-first = Nothing older is here to compare with.
alerts-title = Last alerts
alerts-nearest = Closest came { $rule }: { $passed } of its { $tests } tests passed, and it failed on { $field }: { $why }
verdict-tried = Only tried: the source was being tried out
verdict-unmatched = No rule matched
verdict-counted = Counted by correlations
verdict-shadow = Matched by rules that only watch
verdict-suppressed = Covered by an earlier incident
verdict-held = Held for a human
verdict-planned = Steps were planned
sources-title = Sources
sources-text = Who sends alerts, and how strongly each proves itself: A is the best. A source that falls silent may have been cut off.
sources-strangers = Refused in no source's name
sources-add = To add one, on the server:
sources-paused = paused
sources-tripped = the breaker has tripped
sources-tried = being tried out: nothing is acted on
now-senders = { $count ->
    [one] 1 sender is configured.
   *[other] { $written } senders are configured.
}
now-refused = What was refused
now-no-source = in no source’s name
now-sources = What was last heard of each
now-silent = Silent for 24 hours: { $written }.
trial-title = Trying it out
trial-text = For some minutes its deliveries are verified and shown with the reason of any refusal, and never acted on. Real attacks are not acted on either meanwhile.
trial-open = Until { $until } nothing is acted on. { $count } deliveries so far.
trial-over = It was over at { $until }, after { $count } deliveries.
trial-minutes = For how many minutes
trial-end = End it now
trial-try = Try it out
trial-deliveries = Deliveries, newest first
trial-alerts = Verified by the secret { $secret }, with { $count } alerts
trial-handshake = A handshake, answered
trial-stream = News of its stream:
trial-not-understood = Verified and not understood:
trial-refused = Refused:
settings-title = Settings
settings-text = What holds for every rule stands in { $file } and is changed there, where changes are reviewed; the trail says which version was in force when.
settings-protected = Protected accounts
settings-responders = { $count ->
    [one] Beside them the account of the one person who may answer and steer is never acted on.
   *[other] Beside them the accounts of { $written } people who may answer and steer are never acted on.
}
settings-departments = Nor is anybody in these departments, or in one below:
settings-roles = Nor is anybody with one of these roles:
settings-contact = Employees are told to turn to { $contact }.
settings-budgets = Budgets
settings-budgets-text = How many plans there were of how many that may be, before a human is asked.
settings-used = { $spent } of { $most }
settings-breaker-rule = The breaker of a rule trips when it is to act on more than { $accounts } accounts within { $time }.
settings-breaker-source = That of a source, at more than { $accounts } within { $time }.
settings-organization = The whole organization
settings-keys = Keys of the trail
settings-keys-text = With these its checkpoints are verified. Keep them where nobody of us can change them.
settings-anchors = Anchors of the trail, and how to verify it
tokens-title = Tokens
tokens-configured = in the configuration
tokens-issue = Give out a token
tokens-revoke = Take a token back
tokens-account = Their own account (userid), if they have one
tokens-days = For how many days
token-given = A token is given out
token-given-text = This is the token of { $name }, until { $until }. It is shown this once and kept nowhere: copy it now.
token-bad-account = That is no userid.
token-bad-name = A token's name is 1 to 64 visible characters, and not one of the program's own.
token-name-taken = There is a token of this name.
token-too-many = There are as many tokens as there can be.
refused-bad-time = The time is over, or longer than it may be.
role-auditor = auditor: reads the trail
role-engineer = engineer: cares for rules and sources
role-responder = responder: approves, releases, pauses
role-admin = admin: all of it, tokens and erasure too
heading-account = Account, as named
heading-actor = Who
heading-after-s = Waited for
heading-asked-by = Asked for by
heading-assurance = Assurance
heading-at = When
heading-became = What became of it
heading-by = By
heading-commit = Commit
heading-contained-at = Contained
heading-count = Rules
heading-enabled-by-others-at = Enabled by others
heading-from = From
heading-given-back-at = Given back
heading-held-at = Began to wait
heading-incident = Incident
heading-ms = Milliseconds
heading-of = Of what
heading-reason = Reason
heading-received-at = Received
heading-record = Record
heading-rule = Rule
heading-rules = Rules
heading-seconds = How long
heading-signer = Signer
heading-source = Source
heading-until = Until
heading-user-id = Account
heading-version = Version
heading-waited = Waited
heading-what = What
heading-why = Why
action-sign-out = Sign out
action-disable = Disable
action-enable = Enable
action-change-dingtalk-id = Change the DingTalk ID
action-notify = Notify
