import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.rules.argument_candidates import (
    MAX_CANDIDATES,
    coordinated_names,
    date_candidates,
    number_candidates,
    text_candidates,
)


@pytest.mark.parametrize(
    ("message", "span"),
    [
        ("What's the weather in Madrid?", "Madrid"),
        ("How warm is it in New York today?", "New York"),
        ("weather in paris", "paris"),
        ("Is it snowing in Zurich, Switzerland?", "Zurich, Switzerland"),
        ("My sister lives in Rio de Janeiro.", "Rio de Janeiro"),
        ('Translate "good morning" to French', "good morning"),
        ("Write to bob@example.com saying I will be late.", "bob@example.com"),
        ("Write to bob@example.com saying I will be late.", "I will be late"),
        ("Search the web for the best pizza in Naples", "the best pizza in Naples"),
        ("What does order A-1729 cost?", "A-1729"),
        ("What is 3*(4+5)?", "3*(4+5)"),
        ("Open https://example.com/a?b=c.", "https://example.com/a?b=c"),
    ],
)
def test_the_value_is_among_the_spans(message: str, span: str) -> None:
    assert span in text_candidates(message)


@given(st.text(max_size=3000))
def test_spans_are_of_the_message_and_few(message: str) -> None:
    found = text_candidates(message)
    assert len(found) <= MAX_CANDIDATES
    assert len(set(found)) == len(found)
    for span in found:
        assert " ".join(span.split()) in " ".join(message.split())


def test_numbers_in_digits_and_words() -> None:
    assert number_candidates("A table for four at 19 Main Street, -3.5 degrees") == [19, -3.5, 4]
    assert number_candidates("on 2024-01-02 in v1.2.3") == []


def test_dates_are_told_in_one_way() -> None:
    message = "29th September 2023, 2024-01-02, March 3, 2021, 5 of May 1999, 99 May 2000"
    assert date_candidates(message) == ["2024-01-02", "2023-09-29", "2021-03-03", "1999-05-05"]


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("weather in Madrid and Paris", ["Madrid", "Paris"]),
        ("weather in Madrid and in Paris?", ["Madrid", "Paris"]),
        ("weather in Oslo, Rome, and New York", ["Oslo", "Rome", "New York"]),
        ("the distance between Madrid and Paris", []),
        ("flights from Boston and Denver", []),
        ("weather in Madrid", []),
        ("bread and butter", []),
    ],
)
def test_lists_of_names(message: str, names: list[str]) -> None:
    found = coordinated_names(message)
    assert [name for _, _, name in found] == names
    assert all(message[start:end] == name for start, end, name in found)
