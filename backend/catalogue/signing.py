"""Signs short texts, so that what this server once granted can be recognised without keeping it."""

import hmac


class Signer:
    """HMAC-SHA256 under a key of its own for each purpose: a signature made for one is worth nothing for another."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        # Begun once and copied for each text: half of the work is to take in the key.
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
    """Encode any text: one with half a surrogate pair is none of ours, but to say so it has to be read."""
    return text.encode(errors="surrogatepass")
