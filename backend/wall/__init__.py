"""视频墙: what operators keep of their walls, layouts and tours. Pictures open as everywhere."""
