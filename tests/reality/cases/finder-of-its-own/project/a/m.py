import hooks
import virtual.thing
