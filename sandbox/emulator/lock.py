"""The one lock of the AWS APIs."""

from __future__ import annotations

import threading

# moto is not thread-safe: two concurrent CreateRule calls both pass its check for a free priority, and a list that is
# read while another thread writes fails. Every API call holds this lock; so should code that touches moto's backends.
api_lock = threading.RLock()
