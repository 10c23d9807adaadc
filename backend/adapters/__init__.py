"""One module for each outside thing; each fits it to a port of the catalogue and translates its errors."""
