/** The views there are, as lists of panels. */
import type {LiveView} from '../protocol/admin-live.ts';
import {APP_PANEL} from './app-panel.ts';
import {CONTAINER_PANEL} from './container-panel.ts';
import {FINISHED_PANEL, MOVE_PANEL} from './move-panels.ts';
import {anyPanel} from './panel.ts';
import type {Panel} from './panel.ts';
import {SHARD_PANEL} from './shard-panel.ts';

export interface PanelSlot {
  readonly panel: Panel;
  /** A line with its name above it. */
  readonly titled: boolean;
  /** A line with the names of its columns. */
  readonly headed: boolean;
}

export interface ViewSpec {
  readonly view: LiveView;
  readonly slots: readonly PanelSlot[];
  /** Takes the whole screen, the alternate one. */
  readonly fullScreen: boolean;
}

const alone = {titled: false, headed: true};
const titled = {titled: true, headed: true};
const below = {titled: true, headed: false};

const SLOTS: Readonly<Record<LiveView, readonly PanelSlot[]>> = {
  containers: [{panel: anyPanel(CONTAINER_PANEL), ...alone}],
  shards: [{panel: anyPanel(SHARD_PANEL), ...alone}],
  apps: [{panel: anyPanel(APP_PANEL), ...alone}],
  moves: [
    {panel: anyPanel(MOVE_PANEL), ...alone},
    {panel: anyPanel(FINISHED_PANEL), ...below},
  ],
  top: [
    {panel: anyPanel(APP_PANEL), ...titled},
    {panel: anyPanel(CONTAINER_PANEL), ...titled},
    {panel: anyPanel(MOVE_PANEL), ...titled},
    {panel: anyPanel(FINISHED_PANEL), ...below},
  ],
};

export function specOf(view: LiveView): ViewSpec {
  return {view, slots: SLOTS[view], fullScreen: view === 'top'};
}
