class ChrootDriver:
    name="chroot"
    def __init__(self, folder): self.folder=folder
