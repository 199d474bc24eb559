// Watches the frames of a page while somebody works on it: how far apart they come, and how long its thread was held.

import type { Page } from '@playwright/test';

export type Frames = { frames: number; longest: number; late: number; longTasks: number };

declare global {
  interface Window {
    lucernaFrames: { stop(): Frames };
  }
}

/** From now until `seen`. A frame is late when it comes more than 50 ms after the one before: a person notices that. */
export async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const gaps: number[] = [];
    let last = performance.now();
    let running = true;
    let longTasks = 0;
    const tasks = new PerformanceObserver((list) => {
      longTasks += list.getEntries().length;
    });
    tasks.observe({ type: 'longtask' });
    const frame = () => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      if (running) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    window.lucernaFrames = {
      stop() {
        running = false;
        longTasks += tasks.takeRecords().length;
        tasks.disconnect();
        return { frames: gaps.length, longest: Math.max(0, ...gaps), late: gaps.filter((gap) => gap > 50).length, longTasks };
      },
    };
  });
}

export function seen(page: Page): Promise<Frames> {
  return page.evaluate(() => window.lucernaFrames.stop());
}
