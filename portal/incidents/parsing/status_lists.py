"""Word lists for parsing sentences about a status; `status_words` defines the rules."""

from portal.incidents.parsing.vocabulary import Status


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Phrases that mean the same as one word.
PHRASES = (
    (r"\bback (?:online|up|to normal|in service|in operation)\b|\bup and running\b", "restored"),
    (r"\bpost[- ]?mortem\b", "postmortem"),
    (r"\b(?:in progress|under investigation)\b", "ongoing"),
    (r"\bre-opened\b", "reopened"),
)
OVER = _words(
    "resolved restored fixed closed complete completed operational postmortem solved done"
)
PROGRESS = {
    Status.INVESTIGATING: _words("investigating ongoing open reopened"),
    Status.IDENTIFIED: _words("identified"),
    Status.MONITORING: _words("monitoring mitigated"),
}
#: Subjects that can be resolved or operational.
NOUNS = _words(
    "incident issue issues problem problems bug outage disruption maintenance work status "
    "state site sites website websites page pages service services system systems platform "
    "application applications app apps database databases data api apis server servers "
    "network networks search login log-in mail email emails access connectivity connection "
    "connections traffic infrastructure functionality functions features operation operations "
    "components production queue queues checkout payments uploads downloads images portal "
    "directory dns"
)
#: Words that may accompany “resolved” without changing its meaning.
HARMLESS = NOUNS | _words(
    "a an the this that it its our your and there is are was were has have been now again all "
    "every everything fully completely entirely totally permanently finally successfully "
    "normally normal stable verified confirmed tested whole since at on after today yesterday "
    "utc gmt cet cest monday tuesday wednesday thursday friday saturday sunday"
)
NEGATIONS = _words("not never cannot no none neither nor without")
#: Words that negate “resolved” anywhere in the sentence.
DOUBT = _words(
    "not never cannot cant none neither nor unsuccessful unsuccessfully unresolved unfixed "
    "unclear unconfirmed unverified unstable unavailable unable inoperable nothing hardly "
    "barely scarcely partial partially partly part parts mostly mainly largely nearly almost "
    "half semi some several few many most majority one two limited limitations reduced "
    "degraded degradation degrading impaired intermittent intermittently except excepting "
    "excluding apart but however although though despite still yet remaining remains remain "
    "pending awaiting await waiting until till unless if when once should shall will would "
    "could might must expected expect expecting expects estimated eta planned scheduled "
    "tomorrow soon shortly later next upcoming going being hopefully hope hoping supposedly "
    "allegedly reportedly apparently probably possibly perhaps maybe likely unlikely "
    "presumably tentatively temporarily temporary provisional provisionally workaround "
    "interim try trying attempting attempt need needs needed required requires todo tbd tbc "
    "unknown down broken failing fails failed failure failures offline slow slower errors "
    "worse reopen only doubt doubtful far less longer too mistake prematurely say says "
    "claimed seem seems seemingly think believe assume assuming assumed otherwise false "
    "untrue wrong orange red yellow cross warning construction hourglass nicht kein keine "
    "keinen noch teilweise niet geen nog ne pas jamais non nunca ainda todavia ikke inte ej "
    "nao não aún nem nie ei ez"
)
