import type { ScriptFacts } from './script-facts.ts';

/** From file to batch: reading the split, decoding, and a data set of one split. */
export function pictureCode(facts: ScriptFacts): string[] {
  return [readSplits(facts), loadPicture, pictures(facts)];
}

function readSplits({ addedFolder }: ScriptFacts): string {
  const place =
    addedFolder === null
      ? 'data / row["path"]'
      : `(HERE if row["path"].startswith("${addedFolder}/") else data) / row["path"]`;
  const about =
    addedFolder === null
      ? []
      : [`            # Pictures that were added in Graft lie beside this file, at the input's size.`];
  return `def read_splits(data):
    """Reads which picture is for what: lists of (file, class index) by split."""
    splits = {"train": [], "validation": [], "test": []}
    with open(HERE / "splits.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
${[...about, `            picture = ${place}`].join('\n')}
            splits[row["split"]].append((picture, CLASS_NAMES.index(row["class"])))
    return splits`;
}

const loadPicture = `def load_picture(file):
    """Gives a picture as RGB 0 to 255: upright, on white where transparent, at the input's size.

    The sides are scaled to the input's size whatever their ratio. BILINEAR is the filter of
    Pillow that is nearest to the one in Graft; single values differ by a little.
    """
    with Image.open(file) as opened:
        picture = ImageOps.exif_transpose(opened)
        if picture.mode.startswith("I"):  # 16 bits of grey
            picture = Image.fromarray((np.asarray(picture) // 256).astype("uint8"))
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture)
        picture = picture.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
        return np.asarray(picture, dtype="float32")`;

function pictures({ recipe }: ScriptFacts): string {
  const labels =
    recipe.labelSmoothing > 0
      ? `
        # One row of the unit matrix each: smoothing needs a share for every class.
        labels = np.eye(len(CLASS_NAMES), dtype="float32")[self.labels[batch]]
        return pictures, labels`
      : `
        return pictures, self.labels[batch]`;
  return `class Pictures(keras.utils.PyDataset):
    """Batches of the pictures of a split, read by a few threads while the model computes."""

    def __init__(self, rows, is_shuffled=False):
        super().__init__(workers=4)
        self.files = [file for file, _ in rows]
        self.labels = np.array([label for _, label in rows])
        self.order = np.arange(len(rows))
        self.random = np.random.default_rng(SEED) if is_shuffled else None
        self.on_epoch_end()

    def __len__(self):
        return math.ceil(len(self.files) / BATCH_SIZE)

    def __getitem__(self, index):
        batch = self.order[index * BATCH_SIZE : (index + 1) * BATCH_SIZE]
        pictures = np.stack([load_picture(self.files[i]) for i in batch])${labels}

    def on_epoch_end(self):
        if self.random:
            self.random.shuffle(self.order)`;
}
