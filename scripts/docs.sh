#!/usr/bin/env bash
# Makes a site of the documentation in build/docs/site, to be read from the disk or served as it is. A link or an anchor
# that leads nowhere is an error. The first run installs mkdocs into build/docs/tools.
source "$(dirname "$0")/common.sh"

tools=build/docs/tools
if ! cmp -s scripts/docs/requirements.txt "$tools/requirements.txt"; then
  say "installing mkdocs into $tools"
  mkdir -p build/docs
  python3 -m venv --clear "$tools"
  "$tools/bin/pip" --disable-pip-version-check --no-input --quiet install -r scripts/docs/requirements.txt >&2 ||
    die "pip could not install scripts/docs/requirements.txt (see above): check the network and the disk"
  cp scripts/docs/requirements.txt "$tools"
fi
python3 scripts/docs/gather.py build/docs/pages
"$tools/bin/mkdocs" build --strict --clean -f scripts/docs/mkdocs.yml || die "the site was not made: mend the links above"
say "build/docs/site/index.html"
