# STM32. armv7m suits every one with a Cortex-M3 or more; the others are for those with an FPU
# (F4 and L4; F7 and H7).
stm32_ARCHS := armv7m armv7emsp armv7emdp
