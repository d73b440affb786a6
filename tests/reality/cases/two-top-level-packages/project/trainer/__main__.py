from tqdm import tqdm

for _ in tqdm(range(3)):
    pass
