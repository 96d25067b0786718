"""The decisions of a purchase: from a request over offerings, guards and approval to a reservation that is paid."""
