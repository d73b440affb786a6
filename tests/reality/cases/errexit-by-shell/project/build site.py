import sys
from pathlib import Path

import markdown
import yaml

here = Path(__file__).parent
nav = yaml.safe_load((here / "docs" / "nav.yml").read_text())
for page in nav["pages"]:
    sys.stdout.write(markdown.markdown((here / "docs" / page).read_text()) + "\n")
