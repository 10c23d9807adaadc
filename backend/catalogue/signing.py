"""Signs short texts, so that the server can verify what it granted without storing it."""

import hmac


class Signer:
    """HMAC-SHA256 with a separate key for each purpose: a signature for one is invalid for another."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        # Prepared once and copied for each text: processing the key is half of the work.
        self._begun = hmac.new(hmac.digest(secret, purpose.encode(), "sha256"), digestmod="sha256")

    def sign(self, message: str) -> str:
        """Return the signature as 64 hex digits."""
        code = self._begun.copy()
        code.update(_as_bytes(message))
        return code.hexdigest()

    def verify(self, message: str, signature: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(_as_bytes(self.sign(message)), _as_bytes(signature))


def _as_bytes(text: str) -> bytes:
    """Encode any text, even one with half a surrogate pair, so that it can be compared and rejected."""
    return text.encode(errors="surrogatepass")
