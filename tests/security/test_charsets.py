"""A charset that the server names is not believed: answers are UTF-8, and an error keeps its status and its words."""

from __future__ import annotations

import pytest

from provisioner.core.errors import ApiError, Rejected
from tests.api.liar import http, lying
from tests.security.test_answers import always, opened

ODD = ["undefined", "punycode", "idna", "hex", "rot13", "utf-7", "unicode_escape", "base64", "x" * 5000, "utf-16"]


@pytest.mark.parametrize("charset", ODD, ids=lambda charset: charset[:20])
@pytest.mark.parametrize("content", [b'{"error": {"message": "No store."}}', b"\xff\xfe\x00"], ids=["JSON", "bytes"])
def test_an_error_with_an_odd_charset_is_an_error(charset: str, content: bytes) -> None:
    answer = http(400, content, content_type=f"text/html; charset={charset}")
    with lying(always(answer)) as liar, opened(liar) as collections:
        with pytest.raises(Rejected) as caught:
            collections["vector_store"].update("vs_1", {"name": "x"})
        assert caught.value.status == 400
        assert len(liar.asked) == 1
        assert ("No store." in caught.value.message) == content.startswith(b"{")


@pytest.mark.parametrize("id", ["..", ".", "a/b", "a?b", "a b", "v" * 100_000, "vs_\n"])
def test_what_is_no_id_is_never_asked_for(id: str) -> None:
    with lying(always(http(500))) as liar, opened(liar) as collections:
        store = collections["vector_store"]
        assert store.retrieve(id) is None
        store.delete(id)
        with pytest.raises(ApiError, match="is no id of"):
            store.update(id, {"name": "x"})
        assert liar.asked == []
