"""The schema itself: models and migrations agree, and migrations can be taken back."""

import psycopg


def test_a_clone_is_migrated_and_holds_the_small_land(land) -> None:
    assert land.run("SELECT count(*) FROM divisions") == [(8,)]
    # 4 villages x (2 basic + 1 police) + 1 of the neighbour
    assert land.run("SELECT count(*) FROM grids") == [(13,)]


def test_a_clone_belongs_to_one_test(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM divisions").fetchone() == (0,)
