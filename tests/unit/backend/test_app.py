"""The application as an object."""

import gc
import weakref

from backend.app import create_app


def test_an_application_that_is_let_go_leaves_memory() -> None:
    application = weakref.ref(create_app())
    gc.collect()
    assert application() is None
