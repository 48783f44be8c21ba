"""`python -m backend.media --worker N`: serve one media worker until SIGINT or SIGTERM."""

import argparse
import logging

import uvicorn

from video.redaction import RedactingFilter

from ..settings import load
from .app import create_media_app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=int, default=0)
    number = parser.parse_args().worker
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactingFilter())
    media = load().media
    uvicorn.run(
        create_media_app(number),
        host=media.host,
        port=media.first_port + number,
        loop="uvloop",
        ws="websockets-sansio",
        # Video does not shrink; negotiated compression triples the cost (VIDEO.md section 3).
        ws_per_message_deflate=False,
        ws_max_size=8192,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
