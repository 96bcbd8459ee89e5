"""Settings: read once, each wrong one named in one line that prints no secret."""

import base64

import pytest

from kernel.config import SettingsError, load, read_env_file

KEY = base64.b64encode(bytes(range(32))).decode()


def test_settings_are_read_by_their_names():
    """`PST_X_Y` is `x_y`, in its own type."""
    given = {
        "PST_PORT": "8081",
        "PST_TIME_TRAVEL": "1",
        "PST_MASTER_KEY": KEY,
        "PST_RPC_TIMEOUT": "1.5",
        "PST_AMQP_URL": "amqp://a:b@host:1/%2F",
        "OTHER": "x",
    }
    settings = load(given)
    assert (settings.port, settings.time_travel, settings.rpc_timeout) == (8081, True, 1.5)
    assert settings.master_key == bytes(range(32))
    assert settings.db_prefix == "pst"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PST_PORT", "http"),
        ("PST_TIME_TRAVEL", "maybe"),
        ("PST_MASTER_KEY", "geheim"),
        ("PST_RPC_KEY", base64.b64encode(b"kurz").decode()),
        ("PST_MONGO_URL", "localhost:27017"),
        ("PST_AMQP_URL", "mongodb://geheim@host"),
        ("PST_AMQP_URL", "amqp://host:geheim/"),
        ("PST_MONGO_URL", "mongodb://a:b@one:27017,two:geheim/"),
        ("PST_MONGO_URL", "mongodb://one,,two/"),
        ("PST_RPC_TIMEOUT", "soon"),
        ("PST_WEBAPI_URL", "webapi.geheim.go.id"),
        ("PST_WEBAPI_CACHE_HOURS", "48"),
        ("PST_WEBAPI_CACHE_HOURS", "5"),
        ("PST_WEBAPI_PAUSE", "9999"),
    ],
)
def test_wrong_setting_is_named_without_its_value(name, text):
    """One line, what was expected, no secret."""
    with pytest.raises(SettingsError) as error:
        load({name: text})
    assert str(error.value).startswith(f"{name} is wrong: expected ")
    assert text not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["mongodb://a:b%40@one:27017,two:27018/?replicaSet=x", "mongodb://[::1]:27017,two"]
)
def test_url_of_several_servers_is_taken(url):
    """As a replica set has it."""
    assert load({"PST_MONGO_URL": url}).mongo_url == url


def test_missing_setting_is_named():
    """The first that a process needs and was not given."""
    with pytest.raises(SettingsError, match="PST_MONGO_URL is not set"):
        load({}).require("mongo_url")


def test_secrets_are_not_in_the_repr():
    """Nor the passwords in the URLs."""
    shown = repr(load({"PST_MASTER_KEY": KEY, "PST_AMQP_URL": "amqp://a:geheim@host"}))
    shown += repr(load({"PST_WEBAPI_KEY": "geheim"}))
    assert "geheim" not in shown
    assert "master_key" not in shown


def test_env_file_is_read_as_it_was_written(tmp_path):
    """Values may hold `=`; blank lines and comments are passed over."""
    path = tmp_path / "env"
    path.write_text("# of make run\n\nPST_A=b=c\nPST_D=\n")
    assert read_env_file(path) == {"PST_A": "b=c", "PST_D": ""}
    assert read_env_file(tmp_path / "none") == {}
