/** The field's words, each explained in two sentences. */
export const terms = {
  transferLearning: {
    name: 'transfer learning',
    text: 'A network that has learned to see on millions of pictures is used again for your pictures. Only a small new part has to learn, so few pictures and little time are enough.',
  },
  backbone: {
    name: 'backbone',
    text: 'The pretrained part of the network, which turns a picture into features. It learned edges, textures and shapes from the 1.3 million pictures of ImageNet.',
  },
  head: {
    name: 'head',
    text: 'The new classifier on top of the backbone, which turns features into your classes. It starts from nothing and always learns.',
  },
  features: {
    name: 'features',
    text: 'What the backbone says of a picture: for each place and channel, how strongly a pattern is there. Frozen layers give the same features every time, so Graft computes them once.',
  },
  featureExtraction: {
    name: 'feature extraction',
    text: 'The whole backbone stays frozen and only the head learns. Fast, and hard to spoil with few pictures.',
  },
  fineTuning: {
    name: 'fine-tuning',
    text: 'After the head has learned, the top layers of the backbone learn too, with a small learning rate. It can win some accuracy and costs time.',
  },
  batchNorm: {
    name: 'BatchNormalization',
    text: 'Brings each channel to a common mean and spread, by statistics of the pictures it was trained on. While fine-tuning, Graft leaves these statistics as they are, as the Keras guide advises: few pictures would spoil them.',
  },
  frozen: {
    name: 'frozen',
    text: 'A frozen layer keeps the weights it came with and does not learn. What it computes for a picture never changes, so it is computed once.',
  },
  trainable: {
    name: 'trainable',
    text: 'A trainable layer changes its weights at every step. Each one costs memory and time, and needs pictures to learn from.',
  },
  gap: {
    name: 'GAP',
    text: 'Global average pooling: one mean for each channel, over all places. The head gets few numbers, has few weights and memorises little.',
  },
  flatten: {
    name: 'Flatten',
    text: 'Every place of every channel goes to the head as it is. Places are kept, and the head has many times more weights.',
  },
  epoch: {
    name: 'epoch',
    text: 'One pass over all training pictures. After each, the validation pictures show how well it does on what it has not seen.',
  },
  split: {
    name: 'split',
    text: 'Your pictures in three parts: train to learn from, validation to watch while it learns, test to judge once at the end. No picture is in two parts.',
  },
  validation: {
    name: 'validation',
    text: 'Pictures that are never learned from. When training gets better and validation gets worse, the model memorises instead of learning.',
  },
  test: {
    name: 'test',
    text: 'Pictures kept away until the end. Their accuracy is the honest one, since nothing was chosen by looking at them.',
  },
  seed: {
    name: 'seed',
    text: 'The number from which every random choice is drawn. The same seed gives the same split, the same order and the same result.',
  },
  accuracy: {
    name: 'accuracy',
    text: 'The share of pictures that got the right class. The ± says how far it could be off by chance with this many pictures.',
  },
  confusion: {
    name: 'confusion matrix',
    text: 'Each row is a true class, each column what the model said. The diagonal is right; everything beside it is a mistake, and says which.',
  },
  parity: {
    name: 'certificate',
    text: 'The exported files were loaded again in a fresh process and asked about the same pictures as the app. It says how many answers were the same and how far they were apart.',
  },
  class: {
    name: 'class',
    text: 'A category the model tells apart, like “cats”. Each folder of pictures is one class.',
  },
};
export type TermName = keyof typeof terms;
