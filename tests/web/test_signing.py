from __future__ import annotations

import pytest

from kg_service.api.signing import own_path


@pytest.mark.parametrize("path", ["/", "/n/melanoma", "/n/melanoma?release=1", "/history?concept=x&page=2", "/a/../b"])
def test_one_is_led_on_to_a_page_of_the_desk(path: str):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "n/melanoma",
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "/\t/evil.example",
        "\\\\evil.example",
        "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/a\\b",
    ],
)
def test_nobody_is_led_to_another_site(path: str):
    assert own_path(path) == "/"
