"""Decides whether a place in a source supports a claim.

Shared words make a place likely; then every check here can veto it. A claim is supported only if its
numbers, names and days stand in the source, if both affirm or both deny, if neither says the opposite
of the other, and if figures and names are bound to the same things. What is undecided is not supported.
"""

from msgspec import Struct

from causeway.grounding.evidence import Evidence
from causeway.grounding.matching import FROM_TITLE, Claim, Window, find_terms
from causeway.grounding.vetoes import (
    binds_figures_otherwise,
    changes_subject,
    differs_in_polarity,
    has_another_subject,
    says_the_opposite,
    swaps_names,
)

# Shares of a claim that must stand in the source: of all its words, of those that the question did not
# bring, and of all where it brought every one. Precision comes first; tuned on the development cases.
COVERAGE = 0.65
NEW_COVERAGE = 0.6
SAID_ALREADY_COVERAGE = 0.9

_FEWEST_SAID_ALREADY = 3
_MOST_TERMS = 40
_NAME_WEIGHT = 1.3


class Support(Struct, frozen=True):
    """How well a place supports a claim, and which of the claim's terms it does."""

    strength: float
    matched: frozenset[int]


def judge(claim: Claim, window: Window, evidence: Evidence) -> Support | None:
    """Return the support that one or two adjacent sentences give to a claim, or None."""
    if len(claim.terms) > _MOST_TERMS:
        return None
    hits = find_terms(claim, window, evidence.titles[window[0].source_index])
    matched = frozenset(index for index, places in hits.items() if places)
    in_body = {index for index in matched if any(number != FROM_TITLE for number, _ in hits[index])}
    if len(matched) < claim.fewest_terms or not in_body or not _supports_its_end(claim, matched):
        return None
    strength = _strength(claim, matched, evidence)
    if strength is None:
        return None
    vetoed = (
        _misses_a_fact(claim, matched, window, evidence)
        or _misses_characters(claim, matched)
        or differs_in_polarity(claim, hits, window)
        or says_the_opposite(claim, hits, window)
        or binds_figures_otherwise(claim, hits, window)
        or swaps_names(claim, hits, window)
        or has_another_subject(claim, hits, window, evidence)
        or changes_subject(claim, hits, window, evidence)
    )
    return None if vetoed else Support(strength, matched)


def _supports_its_end(claim: Claim, matched: frozenset[int]) -> bool:
    """Statements tell what is new at their end."""
    last = len(claim.terms) - 1
    return last in matched or claim.terms[last].kind == "character"


def _strength(claim: Claim, matched: frozenset[int], evidence: Evidence) -> float | None:
    """Return the share of the claim that was found, or None where it is too small."""
    weights = [evidence.weight(term) * (_NAME_WEIGHT if term.kind == "name" else 1.0) for term in claim.terms]
    new = [index for index, term in enumerate(claim.terms) if term.stem not in claim.asked]
    share = sum(weights[index] for index in matched) / sum(weights)
    if share < COVERAGE:
        return None
    if not any(index in matched for index in new):
        said_already = share >= SAID_ALREADY_COVERAGE and len(matched) >= _FEWEST_SAID_ALREADY
        return share if said_already else None
    new_share = sum(weights[index] for index in new if index in matched) / sum(
        weights[index] for index in new
    )
    return share if new_share >= NEW_COVERAGE else None


def _misses_a_fact(claim: Claim, matched: frozenset[int], window: Window, evidence: Evidence) -> bool:
    """Numbers, days and names must be there; what opens a sentence must at least be spoken of."""
    source = window[0].source_index
    for index, term in enumerate(claim.terms):
        if index in matched or term.kind in ("word", "character"):
            continue
        spoken_of = evidence.forms_by_source[source]
        is_name = term.kind != "opening" or term.form in evidence.names
        if is_name or not (term.form in spoken_of or term.stem in claim.asked):
            return True
    return False


def _misses_characters(claim: Claim, matched: frozenset[int]) -> bool:
    """In scripts without spaces, two unfound characters in a row are an unfound word."""
    covered: set[int] = set()
    wanted: set[int] = set()
    for index, term in enumerate(claim.terms):
        if term.kind == "character":
            places = range(term.start, term.end)
            wanted.update(places)
            if index in matched or term.stem in claim.asked:
                covered.update(places)
    missing = wanted - covered
    return any(place + 1 in missing for place in missing)
