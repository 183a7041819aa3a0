"""Short and on a clock of 24 hours, with seconds: staff compares moments, in UTC."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i:s"
TIME_FORMAT = "H:i"
