"""What is counted and timed, for `/metrics`."""

from prometheus_client import Counter, Gauge, Histogram

COMMANDS = Counter(
    "pst_commands_total", "Commands handled, by what they came to", ["service", "command", "result"]
)
COMMAND_SECONDS = Histogram("pst_command_seconds", "Time to handle it", ["service", "command"])
REQUESTS = Counter("pst_http_requests_total", "HTTP answers", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("pst_http_request_seconds", "Time to an answer", ["method", "route"])
PUBLISHED = Counter("pst_events_published_total", "Events the broker confirmed", ["service"])
RELAY_LAG = Gauge("pst_relay_lag_commits", "Commits not yet relayed", ["service"])
VIEW_LAG = Gauge("pst_view_lag_commits", "Commits not yet in a view", ["service", "view"])
VIEW_BUILDING = Gauge("pst_view_building", "1 while a view is being built", ["service", "view"])
DATES_LATE = Gauge("pst_deadlines_late_seconds", "Age of the oldest due date", ["service"])
DATES_PUT_OFF = Counter("pst_deadlines_put_off_total", "Due dates looked at again", ["reason"])
CONSUMED = Counter("pst_messages_consumed_total", "Messages taken", ["service", "result"])
FILES_HELD = Gauge("pst_files_held", "Stored files, at the last sweep of this process")
FILES_BYTES = Gauge("pst_files_bytes", "Their bytes")
FILES_SWEPT = Counter("pst_files_swept_total", "Files that a sweep took away", ["reason"])
