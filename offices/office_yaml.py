"""YAML for people: every scalar stays the text it was written as, a key comes once."""

from typing import Any

import yaml


class OfficeYamlLoader(yaml.BaseLoader):
    """Leaves types to the schema and refuses a key written twice.

    YAML 1.1 reads an unquoted 12:00 as the number 720 and keeps the last of two equal
    keys in silence; both have made offices open at the wrong time.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping, or raise `yaml.YAMLError` for a repeated key."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                problem = f"{key.value} is given twice or is no name"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
