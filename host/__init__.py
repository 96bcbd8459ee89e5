"""The process a service runs in: nameko, RPC, health, logs. Framework here, rules nowhere."""
