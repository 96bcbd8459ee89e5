"""What a file is called when it is saved."""

import pytest

from gateway.downloads import _disposition


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("laporan 2025.xlsx", "laporan 2025.xlsx"),
        ("℀℅.pdf", "a_cc_o.pdf"),  # a/c, c/o once they are taken apart
        ("a／b＼c：d.pdf", "a_b_c_d.pdf"),
        ("／／etc／passwd.txt", "__etc_passwd.txt"),
        ("表.pdf", "berkas.pdf"),
        ("․․.pdf", "berkas.pdf"),  # nothing but dots
        ("a\x7fb\u2028.txt", "a_b.txt"),
    ],
)
def test_name_for_who_knows_only_ascii_is_no_path(name, plain):
    """Beside the whole name, for all others."""
    said = _disposition(name)
    assert said.startswith(f'attachment; filename="{plain}"; filename*=UTF-8')
