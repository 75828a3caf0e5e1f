"""How much a question has to do with a tool, by the words that they share.

For models that are too weak to choose. It compares words, not meanings: a tool that is described in
other words than the question is not found, and a word with two meanings misleads it.
"""

import math
import re
from collections.abc import Sequence

from msgspec import Struct

# A word of the tool's name is enough, or a related one; so are two of its description.
RELEVANT = 2.0

_NAME_WEIGHT = 3.0
_PARAMETER_WEIGHT = 1.5
_DESCRIPTION_WEIGHT = 1.0
_GENERIC_FACTOR = 0.2
_RELATED_FACTOR = 0.7

_WORD = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OPERATIONS = (
    (re.compile(r"\d\s*\+\s*\d"), "add"),
    (re.compile(r"\d\s+-\s+\d"), "subtract"),
    (re.compile(r"\d\s*[*x\u00d7]\s*\d"), "multiply"),
    (re.compile(r"\d\s*[/\u00f7]\s*\d"), "divide"),
)

_STOP_WORDS = frozenset(
    """a an the this that these those is are was were be been am do does did doing done have has had will
    would can could shall should may might must i me my you your he she it its we us our they them their
    what which who whom whose when where why how and or but if then of in on at to from by for with
    about as into over there here please tell give let make want need like s t re ll ve m d not no yes
    all any some one ones use used using tool function return returns value values string number integer
    given such e g""".split()  # noqa: SIM905  # a list of words is read as one
)
_GENERIC = frozenset(
    """get fetch find search look lookup query list show check retrieve read run call execute do set update
    create add delete remove send new current latest information info data detail result name id input
    output type user text item tell provide know""".split()  # noqa: SIM905
)
_RELATED = (
    "weather forecast temperature rain snow sun sunny wind umbrella celsius fahrenheit degree hot cold warm",
    "email mail inbox",
    "book reserve reservation booking",
    "buy purchase order",
    "price cost expensive worth",
    "calculate calculator compute arithmetic math plus minus times",
    "add plus sum",
    "subtract minus",
    "multiply times",
    "divide division",
    "sale revenue turnover sell sold",
    "calendar schedule meeting appointment event",
    "remind reminder remember",
    "translate translation",
    "time clock hour",
    "flight fly plane airport",
    "stock share ticker",
    "restaurant dinner lunch table eat",
    "employee staff colleague",
    "web internet online google",
)


class ToolDescription(Struct, frozen=True):
    """What a tool says about itself, in words."""

    name: str
    description: str
    parameters: tuple[str, ...]


class Relevance:
    """Scores questions beside one set of tools."""

    def __init__(self, tools: Sequence[ToolDescription]) -> None:
        self._vocabularies = [_vocabulary(tool) for tool in tools]

    def scores(self, question: str) -> list[float]:
        """Return a score for each tool; from RELEVANT on, the question is probably meant for it."""
        asked = set(stems(question))
        for operation, word in _OPERATIONS:
            if operation.search(question):
                asked |= {_stem(word), _stem("calculate")}
        weighed = [(word, *self._weigh(word)) for word in asked]
        return [
            sum(rarity * _weight(vocabulary, word, related) for word, related, rarity in weighed)
            for vocabulary in self._vocabularies
        ]

    def _weigh(self, word: str) -> tuple[frozenset[str], float]:
        """Return the words related to one, and how well it tells the tools apart."""
        related = frozenset(other for group in _RELATED_STEMS if word in group for other in group)
        holders = sum(1 for vocabulary in self._vocabularies if word in vocabulary)
        return related, _rarity(holders, len(self._vocabularies))


def stems(text: str) -> list[str]:
    """Return the stems of a text's words that carry meaning, in order; snake_case and camelCase are split."""
    words = (word.lower() for part in _CAMEL.split(text) for word in _WORD.findall(part))
    return [_stem(word) for word in words if word not in _STOP_WORDS]


def _vocabulary(tool: ToolDescription) -> dict[str, float]:
    vocabulary: dict[str, float] = {}
    is_generic_name = set(stems(tool.name)) <= _GENERIC_STEMS
    for text, weight in (
        (tool.description, _DESCRIPTION_WEIGHT),
        (" ".join(tool.parameters), _PARAMETER_WEIGHT),
        (tool.name, _NAME_WEIGHT),
    ):
        for word in stems(text):
            is_generic = word in _GENERIC_STEMS and not (text is tool.name and is_generic_name)
            factor = _GENERIC_FACTOR if is_generic else 1.0
            vocabulary[word] = max(vocabulary.get(word, 0.0), weight * factor)
    return vocabulary


def _rarity(holders: int, tools: int) -> float:
    """Weigh a word down that many of the tools have: it does not tell them apart."""
    return 1.0 if holders <= 1 else 1.0 - 0.5 * math.log(holders) / math.log(tools + 1)


def _weight(vocabulary: dict[str, float], word: str, related: frozenset[str]) -> float:
    by_relation = max((vocabulary.get(other, 0.0) for other in related), default=0.0)
    return max(vocabulary.get(word, 0.0), _RELATED_FACTOR * by_relation)


def _stem(word: str) -> str:
    for ending, replacement in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + replacement
            break
    return word.removesuffix("e") if len(word) > 3 else word


_GENERIC_STEMS = frozenset(_stem(word) for word in _GENERIC)
_RELATED_STEMS = tuple(frozenset(_stem(word) for word in group.split()) for group in _RELATED)
