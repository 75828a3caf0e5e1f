"""What of a message could be the value of an argument: the spans that stand out.

A small model chooses well among spans that are there, and invents freely where it may write. The
spans are those of the message, letter by letter.
"""

import re
from collections.abc import Iterable

MAX_CANDIDATES = 40
# Looking for spans takes up to the square of this.
MAX_MESSAGE_CHARACTERS = 1000
_MAX_CHARACTERS = 200

_CAPITALISED = r"[A-Z][\w'\u2019.&-]*\w|[A-Z]"
_NAME = rf"(?:{_CAPITALISED})(?:(?:,? (?:(?:de|of|da|del|la|van|von) )?)(?:{_CAPITALISED}))*"
_PREPOSITION = r"(?:in|for|about|to|of|on|from|at|by|named|called|with|as|into|is|user|near|than)"
_SAYING = r"(?:saying|that says|says|subject|titled|reading|that reads)"
_STOPPING = re.compile(
    rf"{_PREPOSITION}|{_SAYING}|today|tomorrow|tonight|now|right|please|next|this|and|or|there|like|if|are"
)
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|«([^»]+)»|`([^`]+)`|(?<!\w)\'([^\']+)\'(?!\w)')
_EXACT = (
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w|https?://\S*[\w/]"),
    re.compile(r"\b\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?\b"),
    re.compile(r"[(\d][\d\s().]*(?:[-+*/^%][\s\d().]*)+[\d)]"),
    re.compile(r"(?<!\w)[A-Za-z]*\d[\w-]*\w"),
    re.compile(_NAME),
)
_AFTER_SAYING = re.compile(rf"\b{_SAYING}\b[:,]? (.+)", re.IGNORECASE | re.DOTALL)
_AFTER_PREPOSITION = re.compile(rf"\b{_PREPOSITION}\b (?=([^,.?!;\n]+))", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*\.?"
_DATE_IN_WORDS = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month>{_MONTH})"
    rf"|(?P<first_month>{_MONTH}) (?P<second_day>\d{{1,2}})(?:st|nd|rd|th)?),? (?P<year>\d{{4}})\b",
    re.IGNORECASE,
)
_SURROUNDINGS = " .,?!;:\n\t"
_OPENERS = frozenset(
    """what what's whats is are tell show do does did could can how my send set book find search translate i
    i'm i'd please the look give get which who who's where when why hello hi hey compute add will would
    schedule create remind list check run multiply calculate convert it a an and or open play make order buy
    call""".split()  # noqa: SIM905  # a list of words is read as one
)
_ARTICLES = ("the ", "a ", "an ")
_NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-]|\.\d)")
_NUMBER_WORDS = tuple(
    "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
)


def text_candidates(message: str) -> list[str]:
    """Return the spans that could be a text argument: quoted, names, addresses, what prepositions lead to."""
    message = message[:MAX_MESSAGE_CHARACTERS]
    found = [next(group for group in match.groups() if group) for match in _QUOTED.finditer(message)]
    for pattern in _EXACT:
        found += [match[0] for match in pattern.finditer(message)]
    found += [match[1] for match in _AFTER_SAYING.finditer(message)]
    for match in _AFTER_PREPOSITION.finditer(message):
        words = match[1].split()
        stop = next(
            (place for place, word in enumerate(words) if _STOPPING.fullmatch(word.lower())), len(words)
        )
        found += [" ".join(words[:stop]), " ".join(words)]
    return _chosen(found)


def number_candidates(message: str) -> list[int | float]:
    """Return the numbers in a message, in digits or as one of the first words for them."""
    message = message[:MAX_MESSAGE_CHARACTERS]
    found: list[int | float] = [
        float(match[0]) if "." in match[0] else int(match[0])
        for match in _NUMBER.finditer(message.replace(",000", "000"))
        if len(match[0]) <= 15
    ]
    found += [
        _NUMBER_WORDS.index(word) for word in re.findall(r"[a-z]+", message.lower()) if word in _NUMBER_WORDS
    ]
    return list(dict.fromkeys(found))[:MAX_CANDIDATES]


def date_candidates(message: str) -> list[str]:
    """Return the dates in a message as YYYY-MM-DD, whether written so or with the month's name."""
    message = message[:MAX_MESSAGE_CHARACTERS]
    found = [match[0] for match in re.finditer(r"\b\d{4}-\d\d-\d\d\b", message)]
    for match in _DATE_IN_WORDS.finditer(message):
        month = _MONTHS.index((match["month"] or match["first_month"])[:3].lower()) + 1
        day = int(match["day"] or match["second_day"])
        if 1 <= day <= 31:
            found.append(f"{match['year']}-{month:02}-{day:02}")
    return list(dict.fromkeys(found))


def coordinated_names(message: str) -> list[tuple[int, int, str]]:
    """Return the names that a message lists with `and`, each with its start and end; none if it has no list.

    What follows `between` or `from` is one thing with two ends, not two things.
    """
    message = message[:MAX_MESSAGE_CHARACTERS]
    name = r"(?:[A-Z][\w'\u2019.-]*\w|[A-Z])(?: [A-Z][\w'\u2019.-]*\w)*"
    lead = rf"(?:{_PREPOSITION} )?"
    listing = re.search(
        rf"\b(?P<lead>[\w']+) (?P<names>{name}(?:, {lead}{name})*,? and {lead}{name})(?!\w)", message
    )
    if listing is None or listing["lead"].lower() in ("between", "from"):
        return []
    start = listing.start("names")
    return [
        (start + match.start(), start + match.end(), match[0])
        for match in re.finditer(name, listing["names"])
    ]


def _chosen(found: Iterable[str]) -> list[str]:
    chosen: list[str] = []
    for span in found:
        text = span.strip(_SURROUNDINGS)
        if len(text.split()) < 3:
            for article in _ARTICLES:
                text = text.removeprefix(article)
        if text and len(text) <= _MAX_CHARACTERS and text.lower() not in _OPENERS and text not in chosen:
            chosen.append(text)
    return chosen[:MAX_CANDIDATES]
