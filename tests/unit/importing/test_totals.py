"""Sums a table states itself: found in rows and columns, and held against their parts."""

from gis.totals import Total, faulty_totals, summary_rows


def test_543_stated_against_parts_that_add_to_539() -> None:
    # FACTS.md section 3: the county's own table of camera points.
    kinds = ["球机", "高空瞭望", "智能枪机", "卡口", "其他", "合计"]
    columns = {"类型": kinds, "数量": [83, 2, 251, 197, 6, 543]}
    assert faulty_totals(columns) == (Total(6, "数量", 543.0, 539.0),)
    assert summary_rows(columns) == (5,)


def test_a_total_that_adds_up_is_not_told() -> None:
    assert faulty_totals({"k": ["a", "b", "Total"], "n": ["1,000", 2.5, "1002.5"]}) == ()


def test_subtotals_are_of_their_block_and_no_part_of_the_whole() -> None:
    columns = {"k": ["a", "b", "小计", "c", "小 计", "总计："], "n": [1, 2, 3, 4, 5, 7]}
    # 4 is no 5; 1 + 2 + 4 = 7 is right.
    assert faulty_totals(columns) == (Total(5, "n", 5.0, 4.0),)


def test_a_column_called_total_is_held_against_the_figures_before_it() -> None:
    columns = {
        "village": ["甲", "乙", "丙"],
        "domes": [1, 2, 3],
        "fixed": [4, 5, 6],
        "合计": [5, 8, 9],
    }
    assert faulty_totals(columns) == (Total(2, "合计", 8.0, 7.0),)


def test_a_column_called_total_of_something_else_is_left_alone() -> None:
    assert faulty_totals({"floor": [1, 2, 3], "flats": [4, 5, 6], "total": [90, 80, 70]}) == ()


def test_a_name_that_holds_the_word_is_no_summary() -> None:
    assert summary_rows({"name": ["合计路小学", "total station"], "n": [1, 2]}) == ()
