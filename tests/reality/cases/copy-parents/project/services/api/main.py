import sys
sys.path.insert(0, "/a/libs")
import l
open("conf/a.json")
