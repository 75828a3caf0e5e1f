"""Reasons why a place that shares a claim's words does not support the claim.

Each function looks for one way in which claim and source can disagree over the same words, and returns
True where it finds it. Together they are only as good as `make eval-citations` says.
"""

from collections.abc import Iterable

from causeway.grounding.evidence import Evidence, EvidenceSentence
from causeway.grounding.lexicon import COORDINATORS, EXCLUSIVE, PASSIVE_MARKERS
from causeway.grounding.matching import FROM_TITLE, Claim, Hits, Window
from causeway.grounding.polarity import is_negated_at, segments
from causeway.grounding.quantities import Quantity
from causeway.grounding.words import Term, fold, stem_of

_POLARITY_QUORUM = 3  # a third of the words
_FEWEST_NAMES = 2
_OPPOSITE_SIDE = 0.5
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
_NAMED = ("name", "opening", "katakana")


def differs_in_polarity(claim: Claim, hits: Hits, window: Window) -> bool:
    """Claim and source must affirm or deny the same words. Names are not denied, what is said of them is."""
    parts = segments(claim.text)
    found = {
        index: [(number, place) for number, place in places if number != FROM_TITLE]
        for index, places in hits.items()
    }
    found = {index: places for index, places in found.items() if places}
    said = {index for index in found if claim.terms[index].kind in ("word", "character")} or found.keys()
    different = 0
    for index in said:
        expected = is_negated_at(parts, claim.terms[index].start)
        different += all(
            is_negated_at(window[number].parts, window[number].terms[place].start) != expected
            for number, place in found[index]
        )
    return different * _POLARITY_QUORUM >= len(said)


def says_the_opposite(claim: Claim, hits: Hits, window: Window) -> bool:
    """No sentence that the claim rests on may say what excludes the claim."""
    claimed = _wordings(claim.terms)
    for number, sentence in enumerate(window):
        if not _is_needed(number, hits):
            continue
        said = _wordings(sentence.terms)
        for one in claimed - said:
            for other in _EXCLUDED.get(one, ()):
                if other in said and other not in claimed:
                    return True
    return False


def _wordings(terms: Iterable[Term]) -> set[str]:
    return {wording for term in terms if term.quantity is None for wording in (term.stem, term.form)}


def _is_needed(number: int, hits: Hits) -> bool:
    return any(places and all(found == number for found, _ in places) for places in hits.values())


def binds_figures_otherwise(claim: Claim, hits: Hits, window: Window) -> bool:
    """A figure belongs to the word beside it: the source must not give that word another figure."""
    for index, term in enumerate(claim.terms):
        if term.quantity is None:
            continue
        for neighbour in (index + 1, index - 1):
            if not 0 <= neighbour < len(claim.terms) or claim.terms[neighbour].quantity is not None:
                continue
            beyond = 2 * neighbour - index
            if 0 <= beyond < len(claim.terms) and claim.terms[beyond].quantity is not None:
                continue  # the word stands between two figures and may belong to the other
            places = hits[neighbour]
            if places and not any(
                _is_nearest(term, place, window[number], after=neighbour > index)
                for number, place in places
                if number != FROM_TITLE and any(found == number for found, _ in hits[index])
            ):
                same_sentence = {number for number, _ in places} & {number for number, _ in hits[index]}
                if same_sentence - {FROM_TITLE}:
                    return True
            break
    return False


def _is_nearest(figure: Term, place: int, sentence: EvidenceSentence, *, after: bool) -> bool:
    """Tell whether no other figure of the same kind is closer to a word than the claim's."""
    wanted = other = float("inf")
    for number in sentence.numbers:
        quantity = sentence.terms[number].quantity
        if quantity is None or figure.quantity is None:
            continue
        # The word stands on one side of its figure; the other side is a little further away.
        distance = abs(place - number) + (0.0 if (place > number) == after else _OPPOSITE_SIDE)
        if figure.quantity.agrees(quantity):
            wanted = min(wanted, distance)
        elif quantity.unit == figure.quantity.unit and _is_year(quantity) == _is_year(figure.quantity):
            other = min(other, distance)
    return wanted <= other


def _is_year(quantity: Quantity) -> bool:
    return quantity.unit in (None, "year") and all(
        _FIRST_YEAR <= value <= _LAST_YEAR for value in quantity.bare
    )


def swaps_names(claim: Claim, hits: Hits, window: Window) -> bool:
    """Two names in the other order do something else to each other, unless one side is passive."""
    named = [index for index, term in enumerate(claim.terms) if term.kind in _NAMED]
    for number, sentence in enumerate(window):
        first_places = [
            (index, min(places))
            for index in named
            if (places := [place for found, place in hits[index] if found == number])
            and sentence.terms[min(places)].kind in _NAMED
        ]
        if len(first_places) < _FEWEST_NAMES:
            continue
        (first, here), (last, there) = first_places[0], first_places[-1]
        between_claim = claim.text[claim.terms[first].end : claim.terms[last].start]
        lower, upper = sorted((sentence.terms[here], sentence.terms[there]), key=lambda term: term.start)
        between_source = sentence.text[lower.end : upper.start]
        if COORDINATORS & (_words_of(between_claim) | _words_of(between_source)):
            continue
        is_passive = bool(PASSIVE_MARKERS & _words_of(between_claim))
        was_passive = bool(PASSIVE_MARKERS & _words_of(between_source))
        if (here > there) != (is_passive != was_passive):
            return True
    return False


def has_another_subject(claim: Claim, hits: Hits, window: Window, evidence: Evidence) -> bool:
    """What the source says of one name before it comes to another is not said of the other.

    Except by a passive: `founded by Ada` is what Ada did.
    """
    if claim.terms[0].kind not in _NAMED:
        return False
    claimed = {term.form for term in claim.terms}
    for number, sentence in enumerate(window):
        subjects = [place for found, place in hits[0] if found == number]
        said = [
            place
            for index, places in hits.items()
            if claim.terms[index].kind == "word"
            for found, place in places
            if found == number
        ]
        if not subjects or not said or max(said) > subjects[0]:
            continue
        others = [
            term
            for term in sentence.terms[: subjects[0]]
            if term.form not in claimed
            and (term.kind == "name" or (term.kind == "opening" and term.form in evidence.names))
        ]
        if not others:
            continue
        between = sentence.terms[max(said) + 1 : subjects[0]]
        before = sentence.text[: sentence.terms[subjects[0]].start].split()[-1:]
        is_agent = bool(PASSIVE_MARKERS & _words_of(" ".join(before)))
        if not is_agent or any(term.kind == "word" for term in between):
            return True
    return False


def _words_of(text: str) -> set[str]:
    return {fold(word) for word in text.split()}


def changes_subject(claim: Claim, hits: Hits, window: Window, evidence: Evidence) -> bool:
    """A second sentence about somebody else does not complete what the first says."""
    if len(window) == 1:
        return False
    claimed = {term.form for term in claim.terms}
    named = [index for index, term in enumerate(claim.terms) if term.kind in ("name", "opening")]
    for number, sentence in enumerate(window):
        if not _is_needed(number, hits):
            return True  # one sentence alone is judged by itself
        opening = sentence.terms[0]
        if opening.kind not in ("opening", "name") or opening.form in claimed:
            continue
        names_here = any(found == number for index in named for found, _ in hits[index])
        if not names_here and opening.form in evidence.names:
            return True
    return False


def _excluded() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for groups in EXCLUSIVE:
        forms = [{form for word in group for form in (word, stem_of(word))} for group in groups]
        for position, group in enumerate(forms):
            others = set().union(*(other for index, other in enumerate(forms) if index != position))
            for form in group:
                table.setdefault(form, set()).update(others - group)
    return {form: frozenset(others) for form, others in table.items()}


_EXCLUDED = _excluded()
