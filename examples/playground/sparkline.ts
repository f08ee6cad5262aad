/** Draws values into a canvas as a line, the latest at the right, from 0 at the bottom to the highest of them. */
export function drawSparkline(canvas: HTMLCanvasElement, values: readonly number[]): void {
  const context = canvas.getContext('2d');
  const ratio = devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (context === null || width === 0) {
    return;
  }
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  context.scale(ratio, ratio);
  const shown = values.slice(-width / 2);
  const top = Math.max(1, ...shown);
  context.beginPath();
  for (const [index, value] of shown.entries()) {
    context.lineTo(width - (shown.length - 1 - index) * 2, height - 1 - (value / top) * (height - 3));
  }
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.stroke();
}
