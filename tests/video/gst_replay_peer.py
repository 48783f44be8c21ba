"""A recorder this project did not write: GStreamer's RTSPOnvifServer playing one MP4 file.

Run by the system's Python, which has the bindings (python3-gi, gir1.2-gst-rtsp-server-1.0):
`/usr/bin/python3 gst_replay_peer.py FILE.mp4`. Prints its port. Media time zero is 1900 to it, in
clock ranges and in stamps alike: a recorder whose clock was never set.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


class Recording(GstRtspServer.RTSPOnvifMediaFactory):
    """One file, replayed."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.set_media_gtype(GstRtspServer.RTSPOnvifMedia)
        self.set_replay_support(True)

    def do_create_element(self, _url: object) -> object:
        """Return the pipeline; without parse-launch, so that the file may have any name."""
        stamp = "rtponviftimestamp ntp-offset=0 set-t-bit=true"
        return Gst.parse_launch(
            f"( filesrc location={self.path} ! qtdemux ! h264parse config-interval=-1 !"
            f" rtph264pay pt=96 ! {stamp} name=pay0 )"
        )


def main() -> None:
    """Serve until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPOnvifServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    # VIDEO.md section 1: with the default of one client thread parallel opens time out.
    server.get_thread_pool().set_max_threads(-1)
    server.get_mount_points().add_factory("/replay", Recording(sys.argv[1]))
    server.attach(None)
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
