"""Words as search compares them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.words import allowed_errors, asked_words, code_of, distance, fold, neighbours, words_of

WORDS = st.text("abcdeé", max_size=9)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Café", "cafe"),
        ("GRÖSSE", "grosse"),
        ("Größe", "grosse"),
        ("Smørrebrød", "smorrebrod"),
        ("Łódź", "lodz"),
        ("İstanbul", "istanbul"),
        ("ﬁne", "fine"),
        ("مُدرّسة", "مدرسه"),
        ("إبريق", "ابريق"),
        ("mu\u200bg\u202e", "mug"),
    ],
)
def test_case_accents_and_what_nobody_sees_do_not_matter(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_words_are_found_whole_and_in_parts() -> None:
    assert words_of("Women's T-shirt, 350 ml") == ["womens", "t", "shirt", "tshirt", "350", "ml"]
    assert code_of("MUG-Oat/1") == "mugoat1"
    assert asked_words("the mug with the moon", most=8) == ["mug", "moon"]
    assert asked_words("the", most=8) == ["the"]
    assert asked_words("\x00 ' ) & | ! :* <-> \\ %", most=8) == []
    assert asked_words("a1 b2 c3", most=2) == ["a1", "b2"]


@pytest.mark.parametrize(
    ("one", "other", "errors"),
    [("hoodei", "hoodie", 1), ("mgu", "mug", 1), ("beeni", "beanie", 2), ("cap", "cape", 1), ("a", "a", 0)],
)
def test_a_slip_of_the_finger_is_one_error(one: str, other: str, errors: int) -> None:
    assert distance(one, other, 3) == errors


@given(WORDS, WORDS, st.integers(0, 3))
def test_the_distance_is_the_same_from_both_sides_and_bounded(one: str, other: str, most: int) -> None:
    errors = distance(one, other, most)
    assert errors == distance(other, one, most)
    assert 0 <= errors <= most + 1
    assert (errors == 0) == (one == other)


@given(WORDS)
def test_a_neighbour_is_one_error_away(word: str) -> None:
    assert all(distance(word, other, 1) == 1 for other in neighbours(word))
    assert allowed_errors(word) <= 2


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(written: str) -> None:
    assert fold(fold(written)) == fold(written)
