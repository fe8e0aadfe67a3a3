/**
 * Pictures of one run. Larger batches gain nothing but cost memory: milliseconds a picture for batches of 8, 16 and 32 at
 * 224 px on 2 cores, MobileNetV2 1.0: 7.2, 6.9, 6.8; EfficientNet-Lite0: 7.5, 6.0, 7.4 (shared machine: read the ratios);
 * highest resident size of the process with TensorFlow.js loaded: 540, 640, 840 MB.
 */
export const FROZEN_BATCH_SIZE = 16;
