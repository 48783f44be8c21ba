"""The media workers: processes beside the API that relay streams and do all that needs them.

`duties`, `commands` and `routes` are lists: what another floor has a media worker do is one line
in one of them, with a function that takes a `video.mediahost.MediaHost`.
"""
