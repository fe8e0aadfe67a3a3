import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';

/** All that the page can reach beyond the web: the contract, the shell's own methods, announcements, and the path of a dropped file. */
const graft = {
  call: (method: string, input: unknown): Promise<unknown> => ipcRenderer.invoke('graft:call', method, input),
  shell: (method: string, input: unknown): Promise<unknown> => ipcRenderer.invoke('graft:shell', method, input),
  subscribe(listener: (message: unknown) => void): () => void {
    const receive = (_event: IpcRendererEvent, message: unknown) => listener(message);
    ipcRenderer.on('graft:event', receive);
    return () => void ipcRenderer.removeListener('graft:event', receive);
  },
  pathForFile: (file: File): string => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld('graft', graft);
