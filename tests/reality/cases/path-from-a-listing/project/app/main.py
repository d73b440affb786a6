import boot
boot.setup()
import deep
